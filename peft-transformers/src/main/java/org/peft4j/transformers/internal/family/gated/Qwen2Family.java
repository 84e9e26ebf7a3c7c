package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;

/** Qwen2 and Qwen2.5 (Yang et al., 2024). */
public final class Qwen2Family implements Family {
  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.only("pretraining_tp", 1);
    GatedDecoder parts =
        new GatedDecoder(
            fields,
            new GatedDefaults(modelType(), "Qwen2", 32_768)
                .keyValueHeads(32)
                .renamedForAnswers(task));
    QwenWindows windows = QwenWindows.read(fields, parts.layers());
    AttentionPart.Positions rotary = parts.rotary();
    return parts.model(
        task,
        i ->
            parts.preNorm(
                i,
                parts.attention(i, true, false, rotary).withWindow(windows.of(i)),
                parts.feedForward(i, false)));
  }
}
