package org.peft4j.cli;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftException;
import org.peft4j.PeftModel;
import org.peft4j.lora.FrozenA;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.LoraPlus;
import picocli.CommandLine.Option;

/** Optimizers that treat LoRA's A and B differently. */
final class LoraOptimizers {
  /** What Hugging Face PEFT's LoRA+ gives embeddings. */
  private static final double EMBEDDING_RATE = 1e-6;

  @Option(
      names = "--lora-plus-ratio",
      paramLabel = "X",
      description = "LoRA+: B learns X times as fast as A, 16 in the paper; 0: no (default: 0).")
  double plusRatio;

  @Option(
      names = "--lora-fa",
      description = "LoRA-FA: A stays as it is, and B's gradient makes up for it. No weight decay.")
  boolean frozenA;

  /**
   * Sets a fine-tuning up.
   *
   * @throws PeftException if the options exclude each other, or the adapter is none of LoRA
   */
  void apply(PeftModel<ComputationGraph> model, double weightDecay, FineTunerBuilder builder) {
    if (plusRatio == 0 && !frozenA) {
      return;
    }
    if (!(model.config(Peft.DEFAULT_ADAPTER) instanceof LoraConfig)) {
      throw new PeftException(
          "--lora-plus-ratio and --lora-fa are for LoRA; the adapter is of the method "
              + model.config(Peft.DEFAULT_ADAPTER).peftType()
              + ".");
    }
    if (frozenA && (plusRatio != 0 || weightDecay != 0)) {
      throw new PeftException("--lora-fa goes without --lora-plus-ratio and --weight-decay.");
    }
    if (frozenA) {
      builder.hook(() -> new FrozenA(model, Peft.DEFAULT_ADAPTER));
    } else {
      builder.groups(new LoraPlus(plusRatio, EMBEDDING_RATE, weightDecay));
    }
  }
}
