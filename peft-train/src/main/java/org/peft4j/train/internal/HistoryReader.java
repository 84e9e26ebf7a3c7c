package org.peft4j.train.internal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.internal.json.JsonText;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.RunHistory;

/** Reads the history of a training from JSON and collects everything that is wrong with it. */
final class HistoryReader {
  private static final String NAME = "history";

  private final JsonNode root;
  private final List<String> problems;

  HistoryReader(JsonNode root, List<String> problems) {
    this.root = root;
    this.problems = problems;
  }

  RunHistory read() {
    if (!root.isObject()) {
      problem(NAME, root, "an object");
      return RunHistory.none();
    }
    return new RunHistory(
        count(NAME, root, "steps"),
        count(NAME, root, "tokens"),
        seconds(root.path("seconds")),
        evaluations(root.path("evaluations")));
  }

  private long count(String parent, JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0) {
      return value.longValue();
    }
    problem(parent + "." + field, value, "a whole number, 0 and above");
    return 0;
  }

  private double seconds(JsonNode node) {
    if (node.isNumber() && node.doubleValue() >= 0 && Double.isFinite(node.doubleValue())) {
      return node.doubleValue();
    }
    problem(NAME + ".seconds", node, "a number, 0 and above");
    return 0;
  }

  private List<StepEvaluation> evaluations(JsonNode node) {
    List<StepEvaluation> all = new ArrayList<>();
    if (!node.isArray()) {
      problem(NAME + ".evaluations", node, "an array");
      return all;
    }
    for (JsonNode each : node) {
      String name = NAME + ".evaluations[" + all.size() + "]";
      JsonNode found = each.path("evaluation");
      all.add(
          new StepEvaluation(
              count(name, each, "step"),
              new Evaluation(
                  number(name + ".evaluation.loss", found.path("loss")),
                  count(name + ".evaluation", found, "predictions"),
                  values(name + ".evaluation.values", found.path("values")))));
    }
    return all;
  }

  private Map<String, Double> values(String name, JsonNode node) {
    Map<String, Double> values = new LinkedHashMap<>();
    if (!node.isObject()) {
      problem(name, node, "an object");
    }
    node.properties()
        .forEach(
            entry ->
                values.put(entry.getKey(), number(name + "." + entry.getKey(), entry.getValue())));
    return values;
  }

  /** A loss may be infinite: it is then written as a string. */
  private double number(String name, JsonNode node) {
    if (node.isNumber()) {
      return node.doubleValue();
    }
    return switch (node.asText()) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> {
        problem(name, node, "a number");
        yield 0;
      }
    };
  }

  private void problem(String field, JsonNode node, String needed) {
    problems.add(
        node.isMissingNode()
            ? field + " is missing; needed: " + needed + "."
            : field + " is " + JsonText.shown(node) + "; needed: " + needed + ".");
  }
}
