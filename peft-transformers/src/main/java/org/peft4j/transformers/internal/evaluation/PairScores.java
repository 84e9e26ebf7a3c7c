package org.peft4j.transformers.internal.evaluation;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.metrics.NumberMetrics;
import org.peft4j.transformers.metrics.RetrievalMetrics;
import org.peft4j.transformers.metrics.Scores;

/** Scores of the vectors of pairs of texts. */
public record PairScores(List<TextPair> pairs) {
  private static final int[] NEAREST = {1, 5, 10};

  /**
   * Checks that there are pairs, all of a kind.
   *
   * @throws PeftException if there is none, or some have a score and others have not
   */
  public PairScores {
    long scored = pairs.stream().filter(pair -> pair.score().isPresent()).count();
    if (pairs.isEmpty()) {
      throw new PeftException("There are no examples, so there is nothing to measure.");
    }
    if (scored > 0 && scored < pairs.size()) {
      throw new PeftException(
          "%d of %d pairs have a score; give one to each, or to none."
              .formatted(scored, pairs.size()));
    }
  }

  /** The first texts, then the second ones. */
  public List<String> texts() {
    return Stream.concat(pairs.stream().map(TextPair::first), pairs.stream().map(TextPair::second))
        .toList();
  }

  /**
   * Of pairs with scores, {@code spearman} between these and the cosines of the vectors; of pairs
   * without, {@code recall@k} of the second text among all second ones, for k of 1, 5 and 10.
   *
   * @param vectors of {@link #texts()}, each of length 1
   */
  public Scores of(List<float[]> vectors) {
    List<float[]> first = vectors.subList(0, pairs.size());
    List<float[]> second = vectors.subList(pairs.size(), vectors.size());
    if (pairs.get(0).score().isEmpty()) {
      return RetrievalMetrics.of(rows(first), rows(second), NEAREST);
    }
    double[] cosines =
        IntStream.range(0, first.size())
            .mapToDouble(i -> product(first.get(i), second.get(i)))
            .toArray();
    double[] right = pairs.stream().mapToDouble(pair -> pair.score().orElseThrow()).toArray();
    return Scores.NONE.with("spearman", NumberMetrics.spearman(cosines, right));
  }

  private static INDArray rows(List<float[]> vectors) {
    return Nd4j.createFromArray(vectors.toArray(float[][]::new));
  }

  private static double product(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }
}
