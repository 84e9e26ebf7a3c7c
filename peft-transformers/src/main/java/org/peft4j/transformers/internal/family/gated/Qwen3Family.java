package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;

/** Qwen3 (Yang et al., 2025): like Qwen2, with a norm of each head's queries and keys. */
public final class Qwen3Family implements Family {
  @Override
  public String modelType() {
    return "qwen3";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    boolean bias = fields.flag("attention_bias", false);
    GatedDecoder parts =
        new GatedDecoder(
            fields,
            new GatedDefaults(modelType(), "Qwen3", 32_768)
                .keyValueHeads(32)
                .headSize(128)
                .renamedForAnswers(task));
    QwenWindows windows = QwenWindows.read(fields, parts.layers());
    AttentionPart.Positions rotary = parts.rotary();
    return parts.model(
        task,
        i ->
            parts.preNorm(
                i,
                normed(parts, i, parts.attention(i, bias, bias, rotary)).withWindow(windows.of(i)),
                parts.feedForward(i, false)));
  }

  private static AttentionPart normed(GatedDecoder parts, int index, AttentionPart attention) {
    String name = parts.attentionName(index);
    int size = parts.sizes().headSize();
    return attention.withHeadNorms(
        parts.rms(name + ".q_norm", size), parts.rms(name + ".k_norm", size));
  }
}
