package org.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.testing.Values;

/** First values of tensors. */
class InitializerTest {
  private static INDArray filled(Initializer initializer, long seed, long... shape) {
    INDArray target = Values.random(99, shape);
    initializer.fill(target, new Random(seed));
    return target;
  }

  @Test
  void zerosAreZero() {
    assertThat(filled(Initializer.zeros(), 1, 3, 4)).isEqualTo(Values.zeros(3, 4));
  }

  @Test
  void aCopyIsTheValueAndNotAViewOfIt() {
    INDArray value = Values.random(2, 3, 4);

    INDArray copy = filled(Initializer.copyOf(value), 1, 3, 4);
    assertThat(copy).isEqualTo(value);
    copy.assign(0);

    assertThat(value).isEqualTo(Values.random(2, 3, 4));
  }

  @Test
  void uniformFillsTheIntervalEvenly() {
    INDArray array = filled(Initializer.uniform(0.5), 3, 100, 100);

    assertThat(array.maxNumber().doubleValue()).isBetween(0.499, 0.5);
    assertThat(array.minNumber().doubleValue()).isBetween(-0.5, -0.499);
    // The deviation of a uniform distribution on (−b, b) is b/√3.
    assertThat(array.stdNumber().doubleValue())
        .isBetween(0.495 / Math.sqrt(3), 0.505 / Math.sqrt(3));
  }

  @Test
  void normalHasTheDeviation() {
    INDArray array = filled(Initializer.normal(0.1), 4, 100, 100);

    assertThat(array.meanNumber().doubleValue()).isBetween(-0.005, 0.005);
    assertThat(array.stdNumber().doubleValue()).isBetween(0.098, 0.102);
    assertThat(array.amaxNumber().doubleValue()).isGreaterThan(0.3);
  }

  @Test
  void theGeneratorAloneDecides() {
    Initializer normal = Initializer.normal(1);

    assertThat(filled(normal, 5, 3, 4)).isEqualTo(filled(normal, 5, 3, 4));
    assertThat(filled(normal, 5, 3, 4)).isNotEqualTo(filled(normal, 6, 3, 4));
  }

  @Test
  void aColumnMajorTargetGetsTheSameNumbers() {
    INDArray target = Nd4j.create(DataType.DOUBLE, new long[] {3, 4}, 'f');

    Initializer.normal(1).fill(target, new Random(7));

    assertThat(target).isEqualTo(filled(Initializer.normal(1), 7, 3, 4));
  }
}
