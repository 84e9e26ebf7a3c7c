package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.OptionalInt;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Dimensions;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.RotaryFields;

/**
 * Phi-3 and Phi-4 (Abdin et al., 2024): one map to queries, keys and values, and one to the gate
 * and the values that it gates; rotary positions of a part of each head, scaled by LongRoPE in
 * models with a long context.
 */
public final class Phi3Family implements Family {
  private static final int ORIGINAL_POSITIONS = 4096;

  @Override
  public String modelType() {
    return "phi3";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.TOKENS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.ignore("resid_pdrop", "embd_pdrop", "auto_map");
    fields.only("attention_bias", false);
    OptionalInt window = fields.optionalCount("sliding_window", OptionalInt.empty());
    GatedDecoder parts =
        new GatedDecoder(
            fields, new GatedDefaults(modelType(), "Phi3", 4096).epsilon(1e-5).padding(32_000));
    AttentionPart.Positions rotary =
        RotaryFields.phi3(
            fields, parts.maxPositions(), parts.sizes().headSize(), ORIGINAL_POSITIONS);
    return parts.model(
        task,
        i ->
            parts.preNorm(
                i, attention(parts, i, rotary).withWindow(window), parts.fusedFeedForward(i)));
  }

  private static AttentionPart attention(
      GatedDecoder parts, int index, AttentionPart.Positions rotary) {
    Dimensions sizes = parts.sizes();
    String name = parts.attentionName(index);
    return sizes.attention(
        name,
        sizes.fused(name + ".qkv_proj", AttentionPart.Layout.THIRDS, false),
        rotary,
        sizes.output(name + ".o_proj", false));
  }
}
