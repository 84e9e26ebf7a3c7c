package org.peft4j.transformers.family;

import org.peft4j.transformers.architecture.Rotary;

/**
 * Rotary settings in either layout: {@code rope_theta} and {@code rope_scaling} of transformers 4,
 * or {@code rope_parameters} of transformers 5.
 */
final class RotaryFields {
  private static final double DEFAULT_THETA = 10_000;

  private RotaryFields() {}

  static Rotary read(ConfigFields fields, int maxPositions) {
    boolean recent = fields.has("rope_parameters");
    fields.check(
        !recent || !fields.has("rope_scaling"),
        "rope_scaling",
        "null beside rope_parameters; keep one of them");
    ConfigFields rope = fields.object(recent ? "rope_parameters" : "rope_scaling");
    double theta =
        rope.positiveNumber("rope_theta", fields.positiveNumber("rope_theta", DEFAULT_THETA));
    fields.only("partial_rotary_factor", 1);
    rope.only("partial_rotary_factor", 1);
    rope.only("attention_factor", 1);
    return new Rotary(theta, scaling(rope, maxPositions));
  }

  private static Rotary.Scaling scaling(ConfigFields rope, int maxPositions) {
    String field = rope.has("rope_type") ? "rope_type" : "type";
    rope.ignore("type");
    return switch (rope.text(field, "default")) {
      case "default" -> new Rotary.None();
      case "linear" -> new Rotary.Linear(rope.positiveNumber("factor"));
      case "dynamic" -> {
        rope.ignore("original_max_position_embeddings"); // max_position_embeddings counts.
        yield new Rotary.Dynamic(rope.positiveNumber("factor"), maxPositions);
      }
      case "llama3" -> llama3(rope);
      default -> {
        rope.check(false, field, "default, linear, dynamic, llama3");
        yield new Rotary.None();
      }
    };
  }

  private static Rotary.Scaling llama3(ConfigFields rope) {
    Rotary.Llama3 scaling =
        new Rotary.Llama3(
            rope.positiveNumber("factor"),
            rope.positiveNumber("low_freq_factor"),
            rope.positiveNumber("high_freq_factor"),
            rope.positive("original_max_position_embeddings"));
    rope.check(
        scaling.highFactor() > scaling.lowFactor(),
        "high_freq_factor",
        "more than low_freq_factor " + scaling.lowFactor());
    return scaling;
  }
}
