package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * What Gemma 2 and 3 share: norms on both sides of each sub-layer, and scores scaled by the
 * config's {@code query_pre_attn_scalar}.
 */
record SandwichGemma(ConfigFields fields, GatedDecoder parts) {
  private static final String GELU = "gelu_pytorch_tanh";
  private static final int DEFAULT_WINDOW = 4096;
  private static final int DEFAULT_SCALAR = 256;

  static SandwichGemma read(
      ConfigFields fields, String modelType, String className, int positions) {
    fields.only("hidden_act", GELU); // The field hidden_activation counts.
    fields.only("use_bidirectional_attention", false);
    fields.ignore("cache_implementation");
    return new SandwichGemma(
        fields,
        new GatedDecoder(
            fields,
            new GatedDefaults(modelType, className, positions)
                .keyValueHeads(4)
                .headSize(256)
                .padding(0)
                .activation("hidden_activation", GELU)
                .tied()));
  }

  OptionalInt window() {
    return fields.optionalCount("sliding_window", OptionalInt.of(DEFAULT_WINDOW));
  }

  /** The attention of a block, with the scale of its scores. */
  AttentionPart attention(int index, AttentionPart.Positions positions, OptionalDouble cap) {
    boolean bias = fields.flag("attention_bias", false);
    double scale = 1 / Math.sqrt(fields.positiveNumber("query_pre_attn_scalar", DEFAULT_SCALAR));
    return parts.attention(index, bias, bias, positions).withScores(scale, cap);
  }

  /**
   * The model of these attentions.
   *
   * @param cap the default of the cap of logits
   */
  ModelArchitecture model(TaskHead task, OptionalDouble cap, IntFunction<AttentionPart> attention) {
    HeadPart.Language head = parts.head();
    OptionalDouble softCap = fields.optionalPositive("final_logit_softcapping", cap);
    return parts.model(
        task,
        i -> block(i, attention.apply(i)),
        parts.onePlus(parts.normName()),
        parts.input().withMultiplier(Math.sqrt(parts.sizes().width()), false),
        new HeadPart.Language(head.linear(), head.tied(), head.multiplier(), softCap));
  }

  private BlockPart block(int index, AttentionPart attention) {
    String name = parts.name(index);
    return new BlockPart(
        name,
        List.of(
            ResidualPart.sandwich(
                Optional.of(parts.onePlus(name + ".input_layernorm")),
                attention,
                parts.onePlus(name + ".post_attention_layernorm"),
                parts.sizes().place(parts.attentionName(index))),
            ResidualPart.sandwich(
                Optional.of(parts.onePlus(name + ".pre_feedforward_layernorm")),
                parts.feedForward(index, false),
                parts.onePlus(name + ".post_feedforward_layernorm"),
                parts.sizes().place(parts.mlpName(index)))));
  }
}
