package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.onednn.internal.ColumnScaling;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.Sums;
import org.peft4j.testing.Plain;

/** Operations that run on rows on the heap, and how rows are shared among the cores. */
class RowKernelsTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "7, 3", "1000, 40", "1, 100000", "0, 5"})
  void everyRowBelongsToOneTask(int rows, int columns) {
    AtomicIntegerArray visits = new AtomicIntegerArray(Math.max(1, rows));
    RowTasks.run(
        rows, columns, (from, to) -> IntStream.range(from, to).forEach(visits::incrementAndGet));
    assertThat(IntStream.range(0, rows).map(visits::get)).allMatch(count -> count == 1);
  }

  @Test
  void littleWorkStaysOnThisThread() {
    Thread mine = Thread.currentThread();
    RowTasks.run(10, 10, (from, to) -> assertThat(Thread.currentThread()).isSameAs(mine));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 4, 5, 8, 11})
  void sumsTakeEveryElementWhateverTheLength(int length) {
    float[] x = new float[length];
    float[] y = new float[length];
    double sum = 0;
    double squares = 0;
    double products = 0;
    for (int i = 0; i < length; i++) {
      x[i] = 0.5f + i;
      y[i] = 2 - i;
      sum += x[i];
      squares += (x[i] - 1.5) * (x[i] - 1.5);
      products += x[i] * y[i];
    }
    assertThat(Sums.of(x)).isEqualTo(sum, within(1e-9));
    assertThat(Sums.ofSquares(x, 1.5f)).isEqualTo(squares, within(1e-9));
    assertThat(Sums.ofProducts(x, y)).isEqualTo(products, within(1e-9));
  }

  /** The last has rows enough for several threads. */
  @ParameterizedTest
  @CsvSource({"1, 1", "5, 3", "2, 17", "1300, 41"})
  void rowsAreCopiedOutOfWiderOnesAndInto(int rows, int columns) {
    INDArray wide = Floats.random(1, rows, columns + 5);
    INDArray part = wide.get(NDArrayIndex.all(), NDArrayIndex.interval(2, 2 + columns));
    INDArray copy = Floats.random(2, rows, columns);
    new OneDnnKernels().copy(part, copy);
    assertThat(copy).isEqualTo(part.dup('c'));

    INDArray other = Floats.random(3, rows, columns);
    INDArray expected = wide.dup('c');
    expected.get(NDArrayIndex.all(), NDArrayIndex.interval(2, 2 + columns)).assign(other);
    new OneDnnKernels().copy(other, part);
    assertThat(wide).isEqualTo(expected);
    new OneDnnKernels().copy(part.castTo(DataType.DOUBLE), copy);
    assertThat(copy).isEqualTo(other);
  }

  /** The last has rows enough for several threads. */
  @ParameterizedTest
  @CsvSource({"1, 1", "5, 3", "2, 17", "1300, 41"})
  void columnsAreScaledInPlaceToo(int rows, int columns) {
    INDArray x = Floats.random(1, rows, columns);
    INDArray l = Floats.random(2, columns);
    double[][] expected = Plain.of(x);
    for (double[] row : expected) {
      for (int j = 0; j < columns; j++) {
        row[j] *= l.getDouble(j);
      }
    }

    INDArray y = Floats.random(3, rows, columns);
    ColumnScaling.scale(x, l, y);
    Plain.assertClose(y, expected, 1e-6);
    ColumnScaling.scale(x, l, x);
    assertThat(x).isEqualTo(y);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "5, 3", "2, 17", "1300, 41"})
  void sumsOfProductsAreTheGradientOfTheScales(int rows, int columns) {
    INDArray a = Floats.random(1, rows, columns);
    INDArray b = Floats.random(2, rows, columns);
    double[] expected = new double[columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        expected[j] += a.getDouble(i, j) * b.getDouble(i, j);
      }
    }

    INDArray sums = Floats.random(3, columns);
    ColumnScaling.sumsOfProducts(a, b, sums);
    Floats.assertElements(sums, expected, 1e-5);
    INDArray again = Floats.zeros(columns);
    ColumnScaling.sumsOfProducts(a, b, again);
    assertThat(again).isEqualTo(sums);
  }

  /** {@code log Σ exp(z) − z[label]}, and the logits become {@code scale·(softmax − onehot)}. */
  @ParameterizedTest(name = "{0} × {1}, logits up to {2}")
  @CsvSource({"1, 1, 1", "1, 2, 1", "3, 7, 5", "4, 5, 80", "33, 1031, 8"})
  void crossEntropyLeavesItsGradientInTheLogits(int rows, int columns, double size) {
    INDArray logits = Floats.random(1, rows, columns).muli(size);
    int[] labels = IntStream.range(0, rows).map(i -> i * 5 % columns).toArray();
    double[][] gradient = Plain.of(logits);
    double[] losses = new double[rows];
    for (int i = 0; i < rows; i++) {
      double most = Arrays.stream(gradient[i]).max().orElseThrow();
      double total = Arrays.stream(gradient[i]).map(z -> Math.exp(z - most)).sum();
      losses[i] = most + Math.log(total) - gradient[i][labels[i]];
      for (int j = 0; j < columns; j++) {
        double p = Math.exp(gradient[i][j] - most) / total;
        gradient[i][j] = 0.25 * (p - (j == labels[i] ? 1 : 0));
      }
    }

    INDArray actual = Floats.zeros(rows);
    CrossEntropy.apply(logits, labels, 0.25, actual);
    Floats.assertElements(actual, losses, 1e-4);
    Plain.assertClose(logits, gradient, 1e-5);
  }

  /** {@code (a, b) → (a·cos − b·sin, b·cos + a·sin)} of the first features; the rest stay. */
  @ParameterizedTest(name = "{0} tables, {1} of 6 features")
  @CsvSource({"1, 2", "1, 6", "2, 4"})
  void rotaryPositionsTurnPairsByTheAngleOfTheirPosition(int tables, int turned) {
    int half = turned / 2;
    INDArray x = Floats.random(1, 2, 3, 2, 6);
    INDArray cos = Floats.zeros(tables, 3, turned);
    INDArray sin = Floats.zeros(tables, 3, turned);
    for (int table = 0; table < tables; table++) {
      for (int t = 0; t < 3; t++) {
        for (int i = 0; i < turned; i++) {
          double angle = (t + 10 * table) * Math.pow(0.3, i % half);
          cos.putScalar(new int[] {table, t, i}, Math.cos(angle));
          sin.putScalar(new int[] {table, t, i}, Math.sin(angle));
        }
      }
    }
    INDArray y = x.dup('c');
    Rotary.rotate(y, cos, sin, 1);

    for (int row = 0; row < 2; row++) {
      for (int t = 0; t < 3; t++) {
        for (int head = 0; head < 2; head++) {
          for (int i = 0; i < 6; i++) {
            double expected = x.getDouble(row, t, head, i);
            if (i < turned) {
              double angle = (t + 10 * (row % tables)) * Math.pow(0.3, i % half);
              double other = x.getDouble(row, t, head, (i + half) % turned);
              expected = expected * Math.cos(angle) + (i < half ? -other : other) * Math.sin(angle);
            }
            assertThat(y.getDouble(row, t, head, i)).isEqualTo(expected, within(1e-5));
          }
        }
      }
    }
    Rotary.rotate(y, cos, sin, -1);
    Floats.assertElements(y, x.castTo(DataType.DOUBLE).ravel().toDoubleVector(), 1e-5);
  }
}
