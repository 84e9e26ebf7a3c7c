package org.peft4j.cli.train;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.train.schedule.StandardSchedule;
import picocli.CommandLine.Option;

/**
 * How {@code peft train} trains. Defaults are the fields' own values: those in annotations do not
 * hold for a group of options of which none is given.
 */
final class TrainingOptions {
  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "How often the data is gone through (default: 1).")
  Optional<Integer> epochs = Optional.empty();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Updates of the adapter, instead of --epochs.")
  Optional<Long> steps = Optional.empty();

  @Option(
      names = {"-l", "--learning-rate"},
      paramLabel = "X",
      description = "The highest learning rate of AdamW (default: 2e-4).")
  double learningRate = 2e-4;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "What the rate does after the warm-up: constant; linear or cosine, down to zero"
              + " (default: linear).")
  StandardSchedule schedule = StandardSchedule.LINEAR;

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Steps in which the rate grows from zero; 0: none (default: 0).")
  long warmupSteps;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "Weight decay of AdamW (default: 0).")
  double weightDecay;

  @Option(
      names = "--max-grad-norm",
      paramLabel = "X",
      description =
          "A gradient whose norm is larger is scaled down to it; 0: never (default:" + " 1).")
  double maxGradNorm = 1;

  @Option(
      names = "--grad-accumulation",
      paramLabel = "N",
      description = "Batches of a step (default: 1).")
  int gradAccumulation = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of a new adapter, the order of the data and dropout (default: 0).")
  long seed;

  @Option(names = "--no-shuffle", description = "Take the data in its order in every epoch.")
  boolean noShuffle;

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description = "Evaluate on this file at the end, and as --eval-every says.")
  Optional<Path> eval = Optional.empty();

  @Option(
      names = "--eval-split",
      paramLabel = "SHARE",
      description = "Keep the last part of the data, such as 0.1, to evaluate on.")
  Optional<Double> evalSplit = Optional.empty();

  @Option(
      names = "--eval-every",
      paramLabel = "N",
      description = "Steps between evaluations; 0: only at the end (default: 0).")
  long evalEvery;

  @Option(
      names = "--gradient-checkpointing",
      description =
          "Keep only the input of each block for the backward pass and compute the rest anew: less"
              + " memory, more time, the same result.")
  boolean gradientCheckpointing;
}
