package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.OptionalInt;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;

/** Mistral (Jiang et al., 2023), with or without a window of attention. */
public final class MistralFamily implements Family {
  /** Hugging Face's default for an absent field; null means none. */
  private static final int DEFAULT_WINDOW = 4096;

  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    OptionalInt window = fields.optionalCount("sliding_window", OptionalInt.of(DEFAULT_WINDOW));
    fields.only("pretraining_tp", 1);
    GatedDecoder parts =
        new GatedDecoder(
            fields, new GatedDefaults(modelType(), "Mistral", 131_072).keyValueHeads(8));
    AttentionPart.Positions rotary = parts.rotary();
    return parts.model(
        task,
        i ->
            parts.preNorm(
                i,
                parts.attention(i, false, false, rotary).withWindow(window),
                parts.feedForward(i, false)));
  }
}
