package org.peft4j.transformers.internal.family;

import java.util.List;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.Rotary;

/**
 * Rotary settings in either layout: {@code rope_theta} and {@code rope_scaling} of transformers 4,
 * or {@code rope_parameters} of transformers 5. Where a file has both, transformers 5 drops {@code
 * rope_parameters} without a word; here such a file is refused.
 */
public final class RotaryFields {
  private static final double DEFAULT_THETA = 10_000;
  private static final String PARTIAL = "partial_rotary_factor";
  private static final String DEFAULT = "default";
  private static final String LONG_ROPE = "longrope";
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
   * Reads the settings of a model that rotates whole heads.
   *
   * @param size the number of features of a head
   * @param theta the base of a config that does not say it
   */
  public static Rotary read(ConfigFields fields, int maxPositions, int size, double theta) {
    ConfigFields rope = settings(fields);
    fields.only(PARTIAL, 1);
    rope.only(PARTIAL, 1);
    return new RotaryFields(fields, rope, maxPositions, size)
        .rotary(fields.positiveNumber("rope_theta", theta));
  }

  /**
   * Reads the settings of a model that rotates a part of each head.
   *
   * @param headSize the number of features of a head
   * @param absent {@code partial_rotary_factor} of a config without that field
   */
  public static AttentionPart.RotaryPositions partial(
      ConfigFields fields, int maxPositions, int headSize, double absent) {
    ConfigFields rope = settings(fields);
    double factor = fields.positiveNumber(PARTIAL, absent);
    double theta = fields.positiveNumber("rope_theta", DEFAULT_THETA);
    return partial(fields, rope, maxPositions, headSize, factor, theta);
  }

  /** The same by GPT-NeoX' names of fields, {@code rotary_pct} and {@code rotary_emb_base}. */
  public static AttentionPart.RotaryPositions neox(
      ConfigFields fields, int maxPositions, int headSize) {
    ConfigFields rope = settings(fields);
    double factor = fields.positiveNumber("rotary_pct", 0.25);
    double theta = fields.positiveNumber("rotary_emb_base", DEFAULT_THETA);
    fields.only("rope_theta", rope.positiveNumber("rope_theta", theta));
    fields.only(PARTIAL, rope.positiveNumber(PARTIAL, factor));
    return partial(fields, rope, maxPositions, headSize, factor, theta);
  }

  /**
   * The same for Phi-3, which has LongRoPE only, by two names.
   *
   * @param original {@code original_max_position_embeddings} of a config without that field; one
   *     among the rotary settings does not count
   */
  public static AttentionPart.RotaryPositions phi3(
      ConfigFields fields, int maxPositions, int headSize, int original) {
    ConfigFields rope = settings(fields);
    for (String name : List.of("rope_type", "type")) {
      rope.replace(name, "su", LONG_ROPE);
      String type = rope.text(name, DEFAULT);
      rope.check(type.equals(DEFAULT) || type.equals(LONG_ROPE), name, "default, longrope, su");
    }
    fields.put(ORIGINAL, fields.count(ORIGINAL, original));
    double factor = fields.positiveNumber(PARTIAL, 1);
    double theta = fields.positiveNumber("rope_theta", DEFAULT_THETA);
    return partial(fields, rope, maxPositions, headSize, factor, theta);
  }

  private static AttentionPart.RotaryPositions partial(
      ConfigFields fields,
      ConfigFields rope,
      int maxPositions,
      int headSize,
      double absentFactor,
      double absentTheta) {
    double factor = rope.positiveNumber(PARTIAL, absentFactor);
    int size = (int) (headSize * factor);
    ConfigFields said = rope.has(PARTIAL) ? rope : fields;
    said.check(
        factor <= 1 && size % 2 == 0 && size > 0,
        said.has("rotary_pct") ? "rotary_pct" : PARTIAL,
        "up to 1, and so that an even number of the "
            + headSize
            + " features of a head rotates; these are hidden_size divided by num_attention_heads");
    Rotary rotary = new RotaryFields(fields, rope, maxPositions, size).rotary(absentTheta);
    return new AttentionPart.RotaryPositions(rotary, size);
  }

  private static ConfigFields settings(ConfigFields fields) {
    boolean recent = fields.has("rope_parameters");
    fields.check(
        !recent || !fields.has("rope_scaling"),
        "rope_scaling",
        "null beside rope_parameters; keep one of them");
    fields.ignore(ORIGINAL); // Counts for some scalings only.
    return fields.object(recent ? "rope_parameters" : "rope_scaling");
  }

  /**
   * The settings of a model whose blocks with and without a window rotate differently.
   *
   * @param scalesAll whether {@code rope_scaling} of transformers 4 is that of all blocks; else of
   *     those without a window
   */
  public static Layered layered(
      ConfigFields fields, int maxPositions, int size, boolean scalesAll) {
    fields.only(PARTIAL, 1);
    ConfigFields all = settings(fields);
    all.check(
        !all.has("type") || all.has("rope_type"),
        "type",
        "rope_type instead: Hugging Face transformers does not read type here");
    fields.check(
        !fields.has("rope_parameters") || !all.has("rope_theta"),
        "rope_parameters",
        "settings of full_attention and of sliding_attention, each with its rope_theta");
    return new Layered(fields, all, maxPositions, size, scalesAll);
  }

  /** Settings by the type of a block: each has its own in {@code rope_parameters}. */
  public record Layered(
      ConfigFields fields, ConfigFields all, int maxPositions, int size, boolean scalesAll) {
    /**
     * Reads the settings of one type of block.
     *
     * @param thetaField the field of its base in the layout of transformers 4
     * @param theta the base of a config that does not say it
     */
    public Rotary read(String type, String thetaField, double theta) {
      boolean recent = fields.has("rope_parameters");
      boolean scaled = !recent && (scalesAll || type.equals("full_attention"));
      ConfigFields own = scaled ? all : all.object(type);
      own.only(PARTIAL, 1);
      return new RotaryFields(fields, own, maxPositions, size)
          .rotary(fields.positiveNumber(thetaField, theta));
    }
  }

  private Rotary rotary(double absentTheta) {
    return new Rotary(rope.positiveNumber("rope_theta", absentTheta), scaling());
  }

  private Rotary.Scaling scaling() {
    String field = rope.has("rope_type") ? "rope_type" : "type";
    rope.ignore("type");
    return switch (rope.text(field, DEFAULT)) {
      case DEFAULT -> without(new Rotary.None());
      case "linear" -> without(new Rotary.Linear(rope.positiveNumber("factor")));
      case "dynamic" -> {
        rope.ignore(ORIGINAL); // max_position_embeddings counts.
        yield without(new Rotary.Dynamic(rope.positiveNumber("factor"), maxPositions));
      }
      case "llama3" -> without(llama3());
      case "yarn" -> yarn();
      case LONG_ROPE -> longRope();
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
