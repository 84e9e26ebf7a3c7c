package org.peft4j.train.objective;

/**
 * Vectors of length 1, {@code û = u / |u|}. A vector shorter than {@value #SHORTEST} counts as that
 * long, so that zeros stay zeros, as in PyTorch's {@code normalize}.
 *
 * @param units [rows][width]
 * @param norms the lengths that the vectors had
 */
record UnitVectors(double[][] units, double[] norms) {
  private static final double SHORTEST = 1e-12;

  static UnitVectors of(double[][] vectors) {
    double[][] units = Vectors.like(vectors);
    double[] norms = new double[vectors.length];
    for (int row = 0; row < vectors.length; row++) {
      norms[row] = Math.max(SHORTEST, Vectors.norm(vectors[row]));
      Vectors.add(units[row], 1 / norms[row], vectors[row]);
    }
    return new UnitVectors(units, norms);
  }

  /** The cosine of one of these with one of others. */
  double cosine(int row, UnitVectors others, int other) {
    return Vectors.dot(units[row], others.units[other]);
  }

  /** The gradients of the vectors, given those of the units: {@code (dû − (dû·û)·û) / |u|}. */
  double[][] backward(double[][] gradients) {
    double[][] result = Vectors.like(gradients);
    for (int row = 0; row < gradients.length; row++) {
      double along = Vectors.dot(gradients[row], units[row]);
      Vectors.add(result[row], 1 / norms[row], gradients[row]);
      Vectors.add(result[row], -along / norms[row], units[row]);
    }
    return result;
  }
}
