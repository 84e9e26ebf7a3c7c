package org.peft4j.transformers.internal.family;

import org.peft4j.transformers.architecture.Rotary;

/**
 * Rotary settings in either layout: {@code rope_theta} and {@code rope_scaling} of transformers 4,
 * or {@code rope_parameters} of transformers 5. Where a file has both, transformers 5 drops {@code
 * rope_parameters} without a word; here such a file is refused.
 */
public final class RotaryFields {
  private static final double DEFAULT_THETA = 10_000;
  private static final String ORIGINAL = "original_max_position_embeddings";

  private final ConfigFields fields;
  private final ConfigFields rope;
  private final int maxPositions;
  private final int size;

  private RotaryFields(ConfigFields fields, ConfigFields rope, int maxPositions, int size) {
    this.fields = fields;
    this.rope = rope;
    this.maxPositions = maxPositions;
    this.size = size;
  }

  /**
   * Reads the settings of a model.
   *
   * @param size the number of rotated features of a head
   */
  public static Rotary read(ConfigFields fields, int maxPositions, int size) {
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
    fields.ignore(ORIGINAL); // Counts for some scalings only.
    return new Rotary(theta, new RotaryFields(fields, rope, maxPositions, size).scaling());
  }

  private Rotary.Scaling scaling() {
    String field = rope.has("rope_type") ? "rope_type" : "type";
    rope.ignore("type");
    return switch (rope.text(field, "default")) {
      case "default" -> without(new Rotary.None());
      case "linear" -> without(new Rotary.Linear(rope.positiveNumber("factor")));
      case "dynamic" -> {
        rope.ignore(ORIGINAL); // max_position_embeddings counts.
        yield without(new Rotary.Dynamic(rope.positiveNumber("factor"), maxPositions));
      }
      case "llama3" -> without(llama3());
      case "yarn" -> yarn();
      case "longrope" -> longRope();
      default -> {
        rope.check(false, field, "default, linear, dynamic, llama3, yarn, longrope");
        yield new Rotary.None();
      }
    };
  }

  /** These scalings leave cosines and sines as they are. */
  private Rotary.Scaling without(Rotary.Scaling scaling) {
    rope.only("attention_factor", 1);
    return scaling;
  }

  /** A field beside the rotary settings goes before one among them, as Phi-3 has it. */
  private int originalPositions() {
    int inner = rope.count(ORIGINAL, maxPositions);
    return fields.count(ORIGINAL, inner);
  }

  private Rotary.Scaling llama3() {
    Rotary.Llama3 scaling =
        new Rotary.Llama3(
            rope.positiveNumber("factor"),
            rope.positiveNumber("low_freq_factor"),
            rope.positiveNumber("high_freq_factor"),
            originalPositions());
    rope.check(
        scaling.highFactor() > scaling.lowFactor(),
        "high_freq_factor",
        "more than low_freq_factor " + scaling.lowFactor());
    return scaling;
  }

  /** A factor that is null, as in DeepSeek's files, is the ratio of the two lengths. */
  private Rotary.Scaling yarn() {
    int original = originalPositions();
    double factor =
        rope.isNull("factor") ? (double) maxPositions / original : rope.positiveNumber("factor");
    double fast = rope.positiveNumber("beta_fast", 32);
    double slow = rope.positiveNumber("beta_slow", 1);
    rope.check(fast >= slow, "beta_fast", "at least beta_slow " + slow);
    boolean scales = rope.has("mscale") && rope.has("mscale_all_dim");
    double scale = rope.positiveNumber("mscale", 1);
    double allScale = rope.positiveNumber("mscale_all_dim", 1);
    double attentionFactor =
        scales
            ? Rotary.Yarn.attentionFactor(factor, scale, allScale)
            : Rotary.Yarn.attentionFactor(factor);
    return new Rotary.Yarn(
        factor,
        rope.positiveNumber("attention_factor", attentionFactor),
        fast,
        slow,
        original,
        rope.flag("truncate", true));
  }

  private Rotary.Scaling longRope() {
    int original = originalPositions();
    double factor = rope.positiveNumber("factor", (double) maxPositions / original);
    rope.check(factor <= 1 || original > 1, ORIGINAL, "at least 2 where the factor is above 1");
    return new Rotary.LongRope(
        rope.positiveNumbers("short_factor", size / 2),
        rope.positiveNumbers("long_factor", size / 2),
        rope.positiveNumber("attention_factor", Rotary.LongRope.attentionFactor(factor, original)),
        original);
  }
}
