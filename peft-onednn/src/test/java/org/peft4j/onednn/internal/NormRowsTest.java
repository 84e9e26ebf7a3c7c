package org.peft4j.onednn.internal;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.Floats;
import org.peft4j.testing.Plain;

/** Normalisation of rows against loops in double precision: {@code y = w·(x − μ)·r + b}. */
class NormRowsTest {
  private static final double EPSILON = 1e-5;
  private static final double TOLERANCE = 1e-5;

  /** One row's x̂ = (x − μ)·r, with μ = 0 for root mean square normalisation; and r. */
  private record Row(double[] normal, double inverse, double mean) {
    static Row of(double[] x, boolean centred) {
      double mean = 0;
      for (double value : x) {
        mean += centred ? value / x.length : 0;
      }
      double square = 0;
      for (double value : x) {
        square += (value - mean) * (value - mean) / x.length;
      }
      double inverse = 1 / Math.sqrt(square + EPSILON);
      double[] normal = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        normal[i] = (x[i] - mean) * inverse;
      }
      return new Row(normal, inverse, mean);
    }
  }

  @ParameterizedTest(name = "{0} × {1}, centred: {2}")
  @CsvSource({
    "1, 1, false",
    "1, 1, true",
    "3, 7, false",
    "3, 7, true",
    "2, 64, true",
    "70, 513, true"
  })
  void rowsAreNormalisedAndTheirStatisticsKept(int rows, int columns, boolean centred) {
    INDArray x = Floats.random(1, rows, columns).addi(0.3);
    INDArray w = Floats.random(2, columns);
    @Nullable INDArray b = centred ? Floats.random(3, columns) : null;
    INDArray y = Floats.random(4, rows, columns);
    @Nullable INDArray mean = centred ? Floats.zeros(rows) : null;
    INDArray inverse = Floats.zeros(rows);

    NormRows.forward(x, w, b, EPSILON, y, mean, inverse);

    double[][] expected = new double[rows][columns];
    double[] inverses = new double[rows];
    double[] means = new double[rows];
    for (int i = 0; i < rows; i++) {
      Row row = Row.of(Plain.of(x)[i], centred);
      inverses[i] = row.inverse();
      means[i] = row.mean();
      for (int j = 0; j < columns; j++) {
        expected[i][j] = row.normal()[j] * w.getDouble(j) + (b == null ? 0 : b.getDouble(j));
      }
    }
    Plain.assertClose(y, expected, TOLERANCE);
    Floats.assertElements(inverse, inverses, columns == 1 ? 0.1 : TOLERANCE);
    if (mean != null) {
      Floats.assertElements(mean, means, TOLERANCE);
    }
  }

  /** {@code dx = r·(g − mean(g) − x̂·mean(g ⊙ x̂))}, {@code g = w ⊙ dy}. */
  @ParameterizedTest(name = "{0} × {1}, centred: {2}")
  @CsvSource({"3, 7, false", "3, 7, true", "1, 64, true", "70, 513, false"})
  void theGradientOfTheInputFollowsTheFormula(int rows, int columns, boolean centred) {
    INDArray x = Floats.random(1, rows, columns).addi(0.3);
    INDArray w = Floats.random(2, columns);
    INDArray dy = Floats.random(3, rows, columns);
    @Nullable INDArray mean = centred ? Floats.zeros(rows) : null;
    INDArray inverse = Floats.zeros(rows);
    NormRows.forward(x, w, null, EPSILON, Floats.zeros(rows, columns), mean, inverse);

    INDArray dx = Floats.random(4, rows, columns);
    NormRows.inputGradient(x, w, mean, inverse, dy, dx);

    double[][] expected = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      Row row = Row.of(Plain.of(x)[i], centred);
      double shift = 0;
      double along = 0;
      for (int j = 0; j < columns; j++) {
        double g = w.getDouble(j) * dy.getDouble(i, j);
        shift += centred ? g / columns : 0;
        along += g * row.normal()[j] / columns;
      }
      for (int j = 0; j < columns; j++) {
        double g = w.getDouble(j) * dy.getDouble(i, j);
        expected[i][j] = row.inverse() * (g - shift - row.normal()[j] * along);
      }
    }
    Plain.assertClose(dx, expected, TOLERANCE);
  }
}
