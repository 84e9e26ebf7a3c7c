package org.peft4j.transformers.internal.evaluation;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.evaluation.ExpectedLabels;
import org.peft4j.transformers.metrics.ClassMetrics;
import org.peft4j.transformers.metrics.LabelMetrics;
import org.peft4j.transformers.metrics.NumberMetrics;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.LabelScores;

/** Scores of a classifier of sequences, by what its labels are. */
public record SequenceScores(HeadPart.Sequence head, List<? extends ExpectedLabels> examples) {
  private static final double HOLDS = 0.5;

  /**
   * Checks that the examples have labels of the head's kind.
   *
   * @throws PeftException with the number of the example that has not
   */
  public SequenceScores {
    for (int i = 0; i < examples.size(); i++) {
      requireFit(head, examples.get(i), i);
    }
  }

  private static void requireFit(HeadPart.Sequence head, ExpectedLabels example, int i) {
    int labels = example.labels().size();
    int numbers = example.numbers().size();
    int outputs = head.classes().size();
    switch (head.problem()) {
      case SINGLE_LABEL_CLASSIFICATION -> require(labels == 1, i, example, "one label");
      case MULTI_LABEL_CLASSIFICATION -> require(numbers == 0, i, example, "labels");
      case REGRESSION ->
          require(numbers == outputs, i, example, outputs == 1 ? "a number" : outputs + " numbers");
    }
    example.labels().forEach(label -> KnownLabels.number(head.classes(), i, label));
  }

  private static void require(boolean right, int i, ExpectedLabels example, String wanted) {
    if (!right) {
      throw new PeftException(
          "Example %d has the labels %s and the numbers %s; the model gives each input %s."
              .formatted(i, example.labels(), example.numbers(), wanted));
    }
  }

  /**
   * The scores of predictions, one for each example.
   *
   * @throws PeftException if there are more or fewer, or one has other labels
   */
  public Scores of(List<LabelScores> predicted) {
    for (LabelScores each : predicted) {
      if (!List.copyOf(each.scores().keySet()).equals(labels().names())) {
        throw new PeftException(
            "A prediction has scores of %s; the model's labels are %s."
                .formatted(each.scores().keySet(), labels().names()));
      }
    }
    return switch (head.problem()) {
      case SINGLE_LABEL_CLASSIFICATION -> ClassMetrics.of(classes(predicted), classes());
      case MULTI_LABEL_CLASSIFICATION -> LabelMetrics.of(holding(predicted), holding());
      case REGRESSION -> numbers(predicted);
    };
  }

  private int[] classes(List<LabelScores> predicted) {
    return predicted.stream().mapToInt(each -> labels().names().indexOf(each.label())).toArray();
  }

  private int[] classes() {
    return IntStream.range(0, examples.size())
        .map(i -> KnownLabels.number(labels(), i, examples.get(i).labels().get(0)))
        .toArray();
  }

  private boolean[][] holding(List<LabelScores> predicted) {
    return holding(predicted.stream().map(each -> each.labels(HOLDS)));
  }

  private boolean[][] holding() {
    return holding(examples.stream().map(ExpectedLabels::labels));
  }

  private boolean[][] holding(Stream<List<String>> given) {
    return given
        .map(
            held -> {
              boolean[] row = new boolean[labels().size()];
              held.forEach(label -> row[labels().names().indexOf(label)] = true);
              return row;
            })
        .toArray(boolean[][]::new);
  }

  /** Of several outputs, correlations would mix what may have different units. */
  private Scores numbers(List<LabelScores> predicted) {
    double[] own =
        predicted.stream()
            .flatMapToDouble(each -> each.scores().values().stream().mapToDouble(x -> x))
            .toArray();
    double[] right =
        examples.stream()
            .flatMapToDouble(each -> each.numbers().stream().mapToDouble(x -> x))
            .toArray();
    return labels().size() == 1
        ? NumberMetrics.of(own, right)
        : Scores.NONE.with("mse", NumberMetrics.meanSquaredError(own, right));
  }

  private Labels labels() {
    return head.classes();
  }
}
