package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.objective.CosineSimilarityLoss;
import org.peft4j.train.objective.InBatchNegatives;
import org.peft4j.train.objective.TripletLoss;
import org.peft4j.train.objective.VectorLoss;
import org.peft4j.train.objective.VectorObjective;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.VectorSettings;
import org.peft4j.transformers.config.Task;
import picocli.CommandLine.Option;

/** What encoders learn from related texts. */
public final class VectorOptions {
  private static final double MARGIN = 5;
  private static final double COSINE_MARGIN = 0.5;

  /** The losses by what is typed. */
  private enum Loss {
    CONTRASTIVE,
    TRIPLET,
    COSINE
  }

  /** Pooling by what is typed: as {@link VectorPooling}, which knows arrays and so loads late. */
  private enum Pooling {
    MEAN,
    FIRST,
    LAST
  }

  private enum Distance {
    EUCLIDEAN,
    COSINE
  }

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      description =
          "contrastive, with the other rows of the batch as negatives; triplet; or cosine, to learn"
              + " scores (default: cosine for rows with scores, contrastive for others).")
  Optional<Loss> loss = Optional.empty();

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description = "Temperature of the contrastive loss (default: 0.05).")
  Optional<Double> temperature = Optional.empty();

  @Option(
      names = "--margin",
      paramLabel = "X",
      description = "Margin of the triplet loss (default: 5, of cosines 0.5).")
  Optional<Double> margin = Optional.empty();

  @Option(
      names = "--distance",
      paramLabel = "NAME",
      description = "Distance in the triplet loss: euclidean or cosine (default: euclidean).")
  Optional<Distance> distance = Optional.empty();

  @Option(
      names = "--pooling",
      paramLabel = "NAME",
      description =
          "Vector of a text: the mean of its hidden states, or the first or last of them (default:"
              + " as 1_Pooling/config.json in the model's folder says, or mean).")
  Optional<Pooling> pooling = Optional.empty();

  /**
   * Fails if an option is given that the task has no use for.
   *
   * @throws PeftException with the option
   */
  void requireUse(Task task) {
    List<String> given = new ArrayList<>();
    loss.ifPresent(value -> given.add("--loss"));
    temperature.ifPresent(value -> given.add("--temperature"));
    margin.ifPresent(value -> given.add("--margin"));
    distance.ifPresent(value -> given.add("--distance"));
    pooling.ifPresent(value -> given.add("--pooling"));
    if (task != Task.FEATURE_EXTRACTION && !given.isEmpty()) {
      throw new PeftException(
          String.join(", ", given)
              + ": for the task feature-extraction; this is "
              + TaskArgument.typed(task)
              + ".");
    }
  }

  /**
   * The objective for some data.
   *
   * @throws PeftException if options contradict each other or the data
   */
  VectorObjective objective(Path model, VectorData data, int batchSize) {
    Loss chosen = loss.orElse(data.isScored() ? Loss.COSINE : Loss.CONTRASTIVE);
    requireOnlyFor("--temperature", temperature, Loss.CONTRASTIVE, chosen);
    requireOnlyFor("--margin", margin, Loss.TRIPLET, chosen);
    requireOnlyFor("--distance", distance, Loss.TRIPLET, chosen);
    String rows =
        data.isScored() ? "pairs with scores" : data.textsOfEach() == 2 ? "pairs" : "triplets";
    if (chosen == Loss.TRIPLET && data.textsOfEach() != 3
        || chosen == Loss.COSINE && !data.isScored()) {
      throw new PeftException(
          "--loss is %s, which needs rows of %s; the data has %s."
              .formatted(
                  chosen.name().toLowerCase(Locale.ROOT),
                  chosen == Loss.TRIPLET
                      ? "anchor, positive and negative"
                      : "text, text_pair and score",
                  rows));
    }
    if (chosen == Loss.CONTRASTIVE && data.textsOfEach() == 2 && batchSize == 1) {
      throw new PeftException(
          "--batch-size is 1, and the contrastive loss of pairs takes its negatives from the other"
              + " rows of a batch; give 2 or more.");
    }
    VectorLoss result =
        switch (chosen) {
          case CONTRASTIVE ->
              temperature.map(InBatchNegatives::new).orElseGet(InBatchNegatives::new);
          case TRIPLET -> triplet();
          case COSINE -> new CosineSimilarityLoss();
        };
    return new VectorObjective(result, pooling(model));
  }

  /** How hidden states become a vector: as was typed, or as the model's folder says. */
  public VectorPooling pooling(Path model) {
    return pooling
        .map(typed -> VectorPooling.valueOf(typed.name()))
        .orElseGet(() -> VectorSettings.read(model).pooling());
  }

  private TripletLoss triplet() {
    Distance chosen = distance.orElse(Distance.EUCLIDEAN);
    double usual = chosen == Distance.COSINE ? COSINE_MARGIN : MARGIN;
    return new TripletLoss(margin.orElse(usual), TripletLoss.Distance.valueOf(chosen.name()));
  }

  private static void requireOnlyFor(String option, Optional<?> value, Loss loss, Loss chosen) {
    if (value.isPresent() && chosen != loss) {
      throw new PeftException(
          "%s is for --loss %s; the loss is %s."
              .formatted(
                  option,
                  loss.name().toLowerCase(Locale.ROOT),
                  chosen.name().toLowerCase(Locale.ROOT)));
    }
  }
}
