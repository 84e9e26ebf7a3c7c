package org.peft4j.benchmarks.work;

import java.util.Locale;
import org.peft4j.train.data.TrainingData;

/** The work of a measurement. */
public enum Workload {
  /** Steps of LoRA training: forward, backward and AdamW. */
  TRAIN(Training::run),
  /** Logits of all positions, without gradients. */
  FORWARD(Forward::run),
  /** Greedy decoding after a prompt. */
  GENERATE(Decoding::run);

  /** Runs warm-up steps, then those that count. */
  @FunctionalInterface
  interface Runner {
    Timings run(AdaptedModel model, TrainingData data, Steps steps);
  }

  private final Runner runner;

  Workload(Runner runner) {
    this.runner = runner;
  }

  Timings run(AdaptedModel model, TrainingData data, Steps steps) {
    return runner.run(model, data, steps);
  }

  /** The name in arguments and results. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
