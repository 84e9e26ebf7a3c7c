package org.peft4j.train.objective;

import java.util.List;
import org.peft4j.error.PeftException;

/** Sums and products of vectors, and what vector losses expect of their examples. */
final class Vectors {
  private Vectors() {}

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  static double norm(double[] a) {
    return Math.sqrt(dot(a, a));
  }

  /** {@code to += factor · a}. */
  static void add(double[] to, double factor, double[] a) {
    for (int i = 0; i < a.length; i++) {
      to[i] += factor * a[i];
    }
  }

  static double[][] like(double[][] vectors) {
    return new double[vectors.length][vectors[0].length];
  }

  static void requireTexts(String loss, int least, int most, List<double[][]> texts) {
    if (texts.size() < least || texts.size() > most) {
      throw new PeftException(
          "The examples have %d texts each; %s is of %s."
              .formatted(texts.size(), loss, least == most ? "" + least : least + " or " + most));
    }
  }
}
