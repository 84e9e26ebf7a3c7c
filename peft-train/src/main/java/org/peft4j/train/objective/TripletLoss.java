package org.peft4j.train.objective;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * The triplet loss (Schroff et al. 2015; {@code TripletLoss} of sentence-transformers): an anchor a
 * shall be nearer to its positive p than to its negative n, by a margin m:
 *
 * <pre>L = 1/N · Σᵢ max(0, d(aᵢ, pᵢ) − d(aᵢ, nᵢ) + m)</pre>
 *
 * @param margin m
 * @param distance d
 */
public record TripletLoss(double margin, Distance distance) implements VectorLoss {
  /** How far two vectors are from each other. */
  public enum Distance {
    /** {@code |u − v + ε|}, with ε = 1e-6 in each direction, as PyTorch's pairwise_distance. */
    EUCLIDEAN,
    /** {@code 1 − cos(u, v)}. */
    COSINE
  }

  private static final double EPSILON = 1e-6;

  /**
   * Checks the margin.
   *
   * @throws PeftException if it is negative or not finite
   */
  public TripletLoss {
    if (!(margin >= 0 && Double.isFinite(margin))) {
      throw new PeftException("The margin is " + margin + "; allowed: 0 and above, finite.");
    }
  }

  /** The Euclidean distance and a margin of 5, as in sentence-transformers. */
  public TripletLoss() {
    this(5, Distance.EUCLIDEAN);
  }

  @Override
  public Result of(List<double[][]> texts, List<Double> scores) {
    Vectors.requireTexts("the triplet loss", 3, 3, texts);
    List<UnitVectors> units = texts.stream().map(UnitVectors::of).toList();
    boolean cosine = distance == Distance.COSINE;
    List<double[][]> vectors = cosine ? units.stream().map(UnitVectors::units).toList() : texts;
    List<double[][]> gradients = texts.stream().map(Vectors::like).toList();
    int examples = texts.get(0).length;
    double loss = 0;
    for (int row = 0; row < examples; row++) {
      double own = distance(vectors, row, 1) - distance(vectors, row, 2) + margin;
      if (own > 0) {
        loss += own / examples;
        addGradient(vectors, row, 1, 1.0 / examples, gradients);
        addGradient(vectors, row, 2, -1.0 / examples, gradients);
      }
    }
    List<double[][]> result = new ArrayList<>();
    for (int text = 0; text < units.size(); text++) {
      double[][] own = gradients.get(text);
      result.add(cosine ? units.get(text).backward(own) : own);
    }
    return new Result(loss, result);
  }

  private double distance(List<double[][]> vectors, int row, int other) {
    double[] a = vectors.get(0)[row];
    double[] b = vectors.get(other)[row];
    return distance == Distance.COSINE ? 1 - Vectors.dot(a, b) : Vectors.norm(difference(a, b));
  }

  /** Adds {@code factor} times the gradients of a distance. */
  private void addGradient(
      List<double[][]> vectors, int row, int other, double factor, List<double[][]> gradients) {
    double[] a = vectors.get(0)[row];
    double[] b = vectors.get(other)[row];
    if (distance == Distance.COSINE) {
      Vectors.add(gradients.get(0)[row], -factor, b);
      Vectors.add(gradients.get(other)[row], -factor, a);
      return;
    }
    double[] difference = difference(a, b);
    double slope = factor / Vectors.norm(difference);
    Vectors.add(gradients.get(0)[row], slope, difference);
    Vectors.add(gradients.get(other)[row], -slope, difference);
  }

  private static double[] difference(double[] a, double[] b) {
    double[] difference = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i] + EPSILON;
    }
    return difference;
  }
}
