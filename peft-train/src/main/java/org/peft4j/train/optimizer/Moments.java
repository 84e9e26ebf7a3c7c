package org.peft4j.train.optimizer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.peft4j.method.TensorPlace;

/**
 * Adafactor's second moments of a tensor: of the last two dimensions' rows and columns, for each
 * index of the dimensions before; of each element of a vector.
 *
 * @param matrices the number of matrices; 0 for a vector
 * @param rows of a matrix
 * @param columns of a matrix, or elements of a vector
 */
record Moments(int matrices, int rows, int columns) {
  private static final double EPSILON = 1e-30;
  private static final String ROWS = "exp_avg_sq_row";
  private static final String COLUMNS = "exp_avg_sq_col";
  private static final String ALL = "exp_avg_sq";

  static Moments of(TensorPlace place) {
    List<Long> shape = place.shape();
    int last = shape.size() - 1;
    if (last < 1) {
      return new Moments(0, 1, Math.toIntExact(place.count()));
    }
    int rows = Math.toIntExact(shape.get(last - 1));
    int columns = Math.toIntExact(shape.get(last));
    return new Moments(Math.toIntExact(place.count() / rows / columns), rows, columns);
  }

  /** The sizes of the arrays, by name. */
  Map<String, Integer> sizes() {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    if (matrices == 0) {
      sizes.put(ALL, columns);
    } else {
      sizes.put(ROWS, matrices * rows);
      sizes.put(COLUMNS, matrices * columns);
    }
    return sizes;
  }

  /** How many they are. */
  long count() {
    return matrices == 0 ? columns : (long) matrices * (rows + columns);
  }

  /**
   * Moves the moments, and divides the gradient by their root.
   *
   * @param gradient G; U afterwards
   */
  void apply(double[] gradient, Map<String, double[]> arrays, double beta) {
    if (matrices == 0) {
      double[] all = Objects.requireNonNull(arrays.get(ALL));
      for (int i = 0; i < columns; i++) {
        all[i] = beta * all[i] + (1 - beta) * squared(gradient[i]);
        gradient[i] /= Math.sqrt(all[i]);
      }
      return;
    }
    double[] r = Objects.requireNonNull(arrays.get(ROWS));
    double[] c = Objects.requireNonNull(arrays.get(COLUMNS));
    for (int matrix = 0; matrix < matrices; matrix++) {
      matrix(gradient, matrix, r, c, beta);
    }
  }

  private void matrix(double[] gradient, int matrix, double[] r, double[] c, double beta) {
    int start = matrix * rows * columns;
    double[] rowSums = new double[rows];
    double[] columnSums = new double[columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        double square = squared(gradient[start + row * columns + column]);
        rowSums[row] += square;
        columnSums[column] += square;
      }
    }
    double mean = 0;
    for (int row = 0; row < rows; row++) {
      int at = matrix * rows + row;
      r[at] = beta * r[at] + (1 - beta) * rowSums[row] / columns;
      mean += r[at] / rows;
    }
    for (int column = 0; column < columns; column++) {
      int at = matrix * columns + column;
      c[at] = beta * c[at] + (1 - beta) * columnSums[column] / rows;
    }
    for (int row = 0; row < rows; row++) {
      double rowRoot = Math.sqrt(r[matrix * rows + row] / mean);
      for (int column = 0; column < columns; column++) {
        gradient[start + row * columns + column] /=
            rowRoot * Math.sqrt(c[matrix * columns + column]);
      }
    }
  }

  private static double squared(double g) {
    return g * g + EPSILON;
  }
}
