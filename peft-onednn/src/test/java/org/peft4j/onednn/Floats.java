package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays in single precision, and what they should be in double precision. */
public final class Floats {
  private Floats() {}

  /** Row-major, entries from (−1, 1), the same for the same seed. */
  public static INDArray random(long seed, long... shape) {
    INDArray array = zeros(shape);
    Random random = new Random(seed);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, 2 * random.nextFloat() - 1);
    }
    return array;
  }

  /** Row-major, whole numbers from −7 to 7, of which products are exact in BFLOAT16, too. */
  public static INDArray whole(long seed, long... shape) {
    INDArray array = zeros(shape);
    Random random = new Random(seed);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, random.nextInt(15) - 7);
    }
    return array;
  }

  public static INDArray zeros(long... shape) {
    return Nd4j.create(DataType.FLOAT, shape, 'c');
  }

  /** Asserts that the elements in row-major order are these, up to a tolerance. */
  public static void assertElements(INDArray actual, double[] expected, double tolerance) {
    double[] elements = actual.castTo(DataType.DOUBLE).dup('c').ravel().toDoubleVector();
    assertThat(elements).hasSameSizeAs(expected);
    for (int i = 0; i < elements.length; i++) {
      if (!(Math.abs(elements[i] - expected[i]) <= tolerance)) {
        assertThat(elements[i]).as("element %s", i).isCloseTo(expected[i], within(tolerance));
      }
    }
  }
}
