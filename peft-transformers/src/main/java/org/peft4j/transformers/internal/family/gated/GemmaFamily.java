package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;

/**
 * Gemma (Mesnard et al., 2024): norms whose weights lie around 0, and embeddings that are scaled by
 * √width, in single precision. (Hugging Face transformers rounds the factor to the type of the
 * weights.)
 */
public final class GemmaFamily implements Family {
  private static final String GELU = "gelu_pytorch_tanh";

  @Override
  public String modelType() {
    return "gemma";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.TOKENS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    // The first releases say gelu and mean its approximation.
    fields.replace("hidden_act", "gelu", GELU);
    fields.only("hidden_activation", GELU);
    fields.only("use_bidirectional_attention", false);
    boolean bias = fields.flag("attention_bias", false);
    GatedDecoder parts =
        new GatedDecoder(
            fields,
            new GatedDefaults(modelType(), "Gemma", 8192)
                .keyValueHeads(16)
                .headSize(256)
                .padding(0)
                .activation("hidden_act", GELU)
                .tied());
    AttentionPart.Positions rotary = parts.rotary();
    return parts.model(
        task,
        i -> block(parts, i, parts.attention(i, bias, bias, rotary)),
        parts.onePlus(parts.normName()),
        parts.input().withMultiplier(Math.sqrt(parts.sizes().width()), false),
        parts.head());
  }

  private static BlockPart block(GatedDecoder parts, int index, AttentionPart attention) {
    String name = parts.name(index);
    return new BlockPart(
        name,
        List.of(
            ResidualPart.preNorm(
                parts.onePlus(name + ".input_layernorm"),
                attention,
                parts.sizes().place(parts.attentionName(index))),
            ResidualPart.preNorm(
                parts.onePlus(name + ".post_attention_layernorm"),
                parts.feedForward(index, false),
                parts.sizes().place(parts.mlpName(index)))));
  }
}
