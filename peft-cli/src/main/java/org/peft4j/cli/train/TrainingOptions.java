package org.peft4j.cli.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.cli.options.OptimizerName;
import picocli.CommandLine.Option;

/**
 * How {@code peft train} trains. Defaults are the fields' initial values: picocli ignores annotated
 * defaults of a group if none of its options is given.
 */
final class TrainingOptions {
  @Option(
      names = "--recommend",
      description =
          "Take rank, alpha, dropout, learning rate, warm-up, batch size and steps from what was measured and"
              + " published for the task, the size of the model and the number of examples, and tell"
              + " them. Options that are given win.")
  boolean recommend;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Number of passes over the data (default: 1).")
  Optional<Integer> epochs = Optional.empty();

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Number of updates of the adapter, instead of --epochs.")
  Optional<Long> steps = Optional.empty();

  @Option(
      names = {"-l", "--learning-rate"},
      paramLabel = "X",
      description = "Highest learning rate (default: 2e-4; lion needs a third or less).")
  double learningRate = 2e-4;

  @Option(
      names = "--learning-rate-of",
      paramLabel = "PATTERN=X",
      description =
          "Highest learning rate of the tensors in whose keys PATTERN, a regular expression, is found:"
              + " --learning-rate-of lora_B=1e-3. Repeatable; the first that is found holds.")
  Map<String, Double> rates = new LinkedHashMap<>();

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      converter = OptimizerName.class,
      description =
          "adamw, adamw-8bit (a quarter of its memory), paged-adamw (in a temporary file), adafactor,"
              + " lion, or sgd with momentum (default: adamw).")
  Optional<String> optimizer = Optional.empty();

  @Option(
      names = "--schedule",
      paramLabel = "NAME[:FIELD=X,…]",
      converter = ScheduleName.class,
      description =
          "Learning rate after the warm-up: constant; linear or cosine down to zero;"
              + " cosine-with-restarts:cycles=2; cosine-to-floor:floor=0.1, a share of the highest rate;"
              + " polynomial:power=1,floor=0; inverse-square-root:timescale=0;"
              + " warmup-stable-decay:decay=STEPS,shape=cosine,floor=0, or shape linear or square-root"
              + " (default: linear).")
  String schedule = "linear";

  @Option(
      names = "--warmup-steps",
      paramLabel = "N",
      description = "Steps in which the learning rate grows from zero; 0: none (default: 0).")
  long warmupSteps;

  @Option(
      names = "--warmup-ratio",
      paramLabel = "SHARE",
      description = "The same as a share of all steps, such as 0.03, rounded up.")
  double warmupRatio;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "Decoupled weight decay, of all but norms and biases (default: 0).")
  double weightDecay;

  @Option(names = "--decay-all", description = "Norms and biases decay, too.")
  boolean decayAll;

  @Option(
      names = "--label-smoothing",
      paramLabel = "E",
      defaultValue = "0",
      description =
          "Share of the loss that all tokens of the vocabulary, or all classes, have alike, 0 to 1"
              + " (default: ${DEFAULT-VALUE}).")
  double labelSmoothing;

  @Option(
      names = "--neftune-alpha",
      paramLabel = "A",
      defaultValue = "0",
      description =
          "Noise on the embeddings of tokens in training, uniform between ±A/√(length · width)"
              + " (NEFTune; default: ${DEFAULT-VALUE}, none).")
  double neftuneAlpha;

  @Option(
      names = "--max-grad-norm",
      paramLabel = "X",
      description =
          "Scale gradients with a larger norm down to this norm; 0: never (default:" + " 1).")
  double maxGradNorm = 1;

  @Option(
      names = "--grad-accumulation",
      paramLabel = "N",
      description =
          "Batches in a step; the last step of an epoch has those that remain (default: 1).")
  int gradAccumulation = 1;

  @Option(
      names = "--drop-last",
      description = "Leave out the last batch of an epoch if it is short.")
  boolean dropLast;

  @Option(
      names = "--group-by-length",
      description = "Put rows of similar length together in an epoch's order.")
  boolean groupByLength;

  @Option(
      names = "--packing",
      description =
          "Put several examples in one row of --sequence-length tokens; each stays apart, as if it"
              + " were alone in the row. --batch-size counts rows.")
  boolean packing;

  @Option(
      names = "--padding-free",
      description =
          "Put the examples of a batch in one row, each apart, so that none is padded: the same"
              + " numbers, faster if lengths differ.")
  boolean paddingFree;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of a new adapter's values, the data's order and dropout (default: 0).")
  long seed;

  @Option(names = "--no-shuffle", description = "Keep the data's order in every epoch.")
  boolean noShuffle;

  @Option(
      names = "--eval",
      paramLabel = "FILE",
      description = "Evaluate on this file at the end, and every --eval-every steps.")
  Optional<Path> eval = Optional.empty();

  @Option(
      names = "--eval-split",
      paramLabel = "SHARE",
      description = "Keep the last part of the data, such as 0.1, for evaluation.")
  Optional<Double> evalSplit = Optional.empty();

  @Option(
      names = "--eval-every",
      paramLabel = "N",
      description = "Steps between evaluations; 0: only at the end (default: 0).")
  long evalEvery;

  @Option(
      names = "--save-embeddings",
      description =
          "Save the model's token embeddings and output head beside the adapter, as Python's"
              + " save_embedding_layers does.")
  boolean saveEmbeddings;

  @Option(
      names = "--gradient-checkpointing",
      description =
          "Keep only the input of each block for the backward pass and recompute the rest: less"
              + " memory, more time, the same result.")
  boolean gradientCheckpointing;
}
