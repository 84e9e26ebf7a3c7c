package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;

/** Llama 1 to 3 (Touvron et al., 2023). */
public final class LlamaFamily implements Family {
  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    boolean bias = fields.flag("attention_bias", false);
    boolean innerBias = fields.flag("mlp_bias", false);
    fields.only("pretraining_tp", 1);
    GatedDecoder parts =
        new GatedDecoder(
            fields, new GatedDefaults(modelType(), "Llama", 2048).renamedForAnswers(task));
    AttentionPart.Positions rotary = parts.rotary();
    return parts.model(
        task,
        i ->
            parts.preNorm(
                i, parts.attention(i, bias, bias, rotary), parts.feedForward(i, innerBias)));
  }
}
