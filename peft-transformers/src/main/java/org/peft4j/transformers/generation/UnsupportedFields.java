package org.peft4j.transformers.generation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.internal.Quoted;

/** Fields of a {@code generation_config.json} that change the text and that we cannot honour. */
final class UnsupportedFields {
  /** Each with the number at which it does nothing; null, false and an empty list do nothing. */
  private static final Map<String, Double> ALWAYS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("num_beam_groups", 1.0),
              Map.entry("penalty_alpha", 0.0),
              Map.entry("diversity_penalty", 0.0),
              Map.entry("max_time", Double.NaN),
              Map.entry("force_words_ids", 0.0),
              Map.entry("constraints", 0.0),
              Map.entry("exponential_decay_length_penalty", 0.0),
              Map.entry("sequence_bias", 0.0),
              Map.entry("token_healing", 0.0),
              Map.entry("guidance_scale", 1.0),
              Map.entry("watermarking_config", 0.0),
              Map.entry("dola_layers", 0.0)));

  /** The same, of those that act on random draws only. */
  private static final Map<String, Double> SAMPLING =
      new TreeMap<>(
          Map.of(
              "top_h", Double.NaN,
              "epsilon_cutoff", 0.0,
              "eta_cutoff", 0.0));

  private UnsupportedFields() {}

  /** What is wrong with a file, a sentence for each field. */
  static List<String> in(JsonNode json, boolean sampling) {
    List<String> problems = new ArrayList<>();
    add(ALWAYS, json, "", problems);
    if (sampling) {
      add(SAMPLING, json, ", or do not sample", problems);
    }
    return problems;
  }

  private static void add(
      Map<String, Double> fields, JsonNode json, String otherwise, List<String> problems) {
    fields.forEach(
        (name, neutral) -> {
          JsonNode value = json.path(name);
          if (!doesNothing(value, neutral)) {
            problems.add(
                name
                    + " is "
                    + Quoted.quoted(value.toString())
                    + ", which changes the text and is not supported. Remove it"
                    + otherwise
                    + ".");
          }
        });
  }

  private static boolean doesNothing(JsonNode value, double neutral) {
    return value.isMissingNode()
        || value.isNull()
        || value.isNumber() && value.doubleValue() == neutral
        || value.isBoolean() && !value.booleanValue()
        || value.isContainerNode() && value.isEmpty();
  }
}
