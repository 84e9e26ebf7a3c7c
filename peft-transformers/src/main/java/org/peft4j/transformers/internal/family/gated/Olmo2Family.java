package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.Optional;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;

/**
 * OLMo 2 (OLMo team, 2024): norms after the sub-layers, before their addition, and one norm each of
 * all queries and all keys of a token.
 */
public final class Olmo2Family implements Family {
  @Override
  public String modelType() {
    return "olmo2";
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    boolean bias = fields.flag("attention_bias", false);
    GatedDecoder parts =
        new GatedDecoder(
            fields, new GatedDefaults(modelType(), "Olmo2", 2048).padding(1).epsilon(1e-5));
    AttentionPart.Positions rotary = parts.rotary();
    return parts.model(task, i -> block(parts, i, parts.attention(i, bias, bias, rotary)));
  }

  private static BlockPart block(GatedDecoder parts, int index, AttentionPart attention) {
    String name = parts.name(index);
    String attentionName = parts.attentionName(index);
    AttentionPart normed =
        attention.withHeadNorms(
            parts.rms(attentionName + ".q_norm", parts.sizes().queries()),
            parts.rms(attentionName + ".k_norm", parts.sizes().keys()));
    return new BlockPart(
        name,
        List.of(
            ResidualPart.sandwich(
                Optional.empty(),
                normed,
                parts.rms(name + ".post_attention_layernorm"),
                parts.sizes().place(attentionName)),
            ResidualPart.sandwich(
                Optional.empty(),
                parts.feedForward(index, false),
                parts.rms(name + ".post_feedforward_layernorm"),
                parts.sizes().place(parts.mlpName(index)))));
  }
}
