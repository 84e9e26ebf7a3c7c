package org.peft4j.train.data.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The questions of an article of SQuAD 1.1 or 2.0, as rows with {@code id}, {@code question},
 * {@code context} and {@code answers}, a list of {@code text} and {@code answer_start}. A question
 * that is impossible has an empty list, whatever answers are plausible.
 */
final class SquadArticle {
  private static final JsonNode NULL = JsonNodeFactory.instance.nullNode();

  private SquadArticle() {}

  static void rows(Place place, Columns columns, JsonNode paragraphs, Consumer<Row> consumer) {
    int paragraph = 0;
    for (JsonNode each : list(place, paragraphs, "paragraphs")) {
      String name = "paragraph " + ++paragraph + " of the article";
      JsonNode context = each.path("context");
      if (!context.isTextual()) {
        throw place.problem("begins an article; " + name + " has no text \"context\".");
      }
      for (JsonNode question : list(place, each.path("qas"), "qas of " + name)) {
        consumer.accept(new Row(place, columns, values(question, context)));
      }
    }
  }

  private static JsonNode list(Place place, JsonNode value, String name) {
    if (!value.isArray()) {
      throw place.problem("begins an article without a list of " + name + ".");
    }
    return value;
  }

  private static Map<String, JsonNode> values(JsonNode question, JsonNode context) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    for (String field : new String[] {"id", "question"}) {
      values.put(field, question.path(field).isMissingNode() ? NULL : question.path(field));
    }
    values.put("context", context);
    ArrayNode none = JsonNodeFactory.instance.arrayNode();
    boolean impossible = question.path("is_impossible").equals(BooleanNode.TRUE);
    JsonNode answers = question.path("answers");
    values.put("answers", impossible ? none : answers.isMissingNode() ? NULL : answers);
    return values;
  }
}
