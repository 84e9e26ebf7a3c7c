package org.peft4j.transformers.internal.vector;

import java.util.Arrays;
import org.peft4j.error.PeftException;

/**
 * Logits of texts and pictures and their loss, in double precision: {@code L = s·cos(text,
 * picture)} [texts, pictures]. Of n pairs, whose numbers are the same, {@code loss = ½·(mean of
 * −log softmax(L[i])[i] + mean of −log softmax(Lᵀ[i])[i])} (Radford et al., 2021).
 *
 * @param text vectors of length 1
 * @param picture the same
 * @param textLengths before that
 * @param pictureLengths before that
 */
record Contrast(
    double scale,
    double[][] text,
    double[][] picture,
    double[] textLengths,
    double[] pictureLengths,
    double[][] logits) {
  static Contrast of(double scale, double[][] texts, double[][] pictures) {
    double[] textLengths = lengths(texts);
    double[] pictureLengths = lengths(pictures);
    double[][] text = divided(texts, textLengths);
    double[][] picture = divided(pictures, pictureLengths);
    double[][] logits = new double[text.length][picture.length];
    for (int i = 0; i < text.length; i++) {
      for (int j = 0; j < picture.length; j++) {
        logits[i][j] = scale * dot(text[i], picture[j]);
      }
    }
    return new Contrast(scale, text, picture, textLengths, pictureLengths, logits);
  }

  private static double[] lengths(double[][] rows) {
    return Arrays.stream(rows).mapToDouble(row -> Math.sqrt(dot(row, row))).toArray();
  }

  private static double[][] divided(double[][] rows, double[] lengths) {
    double[][] unit = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      double length = lengths[i];
      unit[i] = Arrays.stream(rows[i]).map(value -> value / length).toArray();
    }
    return unit;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int d = 0; d < a.length; d++) {
      sum += a[d] * b[d];
    }
    return sum;
  }

  /** The loss of each pair, whose mean is the whole. */
  double[] losses() {
    requirePairs();
    double[] losses = new double[text.length];
    for (int i = 0; i < losses.length; i++) {
      losses[i] =
          -0.5 * (Math.log(softmax(logits[i])[i]) + Math.log(softmax(column(logits, i))[i]));
    }
    return losses;
  }

  private void requirePairs() {
    if (text.length != picture.length) {
      throw new PeftException(
          "There are "
              + text.length
              + " texts and "
              + picture.length
              + " pictures; the loss is of pairs: as many of the one as of the other.");
    }
  }

  /** The gradients of the vectors: those of texts, then those of pictures. */
  double[][] gradients() {
    requirePairs();
    int n = text.length;
    double[][] slopes = new double[n][n];
    for (int i = 0; i < n; i++) {
      double[] row = softmax(logits[i]);
      double[] column = softmax(column(logits, i));
      for (int j = 0; j < n; j++) {
        double right = i == j ? 1 : 0;
        slopes[i][j] += (row[j] - right) / (2 * n);
        slopes[j][i] += (column[j] - right) / (2 * n);
      }
    }
    double[][] gradients = new double[2 * n][];
    for (int i = 0; i < n; i++) {
      gradients[i] = gradient(slopes[i], picture, text[i], textLengths[i]);
      gradients[n + i] = gradient(column(slopes, i), text, picture[i], pictureLengths[i]);
    }
    return gradients;
  }

  /** Through the length of a vector: {@code (g − u·(u·g))/|x|}. */
  private double[] gradient(double[] slopes, double[][] others, double[] unit, double length) {
    double[] gradient = new double[unit.length];
    for (int j = 0; j < slopes.length; j++) {
      for (int d = 0; d < gradient.length; d++) {
        gradient[d] += scale * slopes[j] * others[j][d];
      }
    }
    double along = dot(unit, gradient);
    for (int d = 0; d < gradient.length; d++) {
      gradient[d] = (gradient[d] - unit[d] * along) / length;
    }
    return gradient;
  }

  private static double[] column(double[][] matrix, int index) {
    return Arrays.stream(matrix).mapToDouble(row -> row[index]).toArray();
  }

  private static double[] softmax(double[] values) {
    double most = Arrays.stream(values).max().orElse(0);
    double[] powers = Arrays.stream(values).map(value -> Math.exp(value - most)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }
}
