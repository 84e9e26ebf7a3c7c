package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.safetensors.BFloat16;

class RoundingTest {
  @Test
  void whatIsNotFiniteStaysSo() {
    float[] numbers = new float[17];
    Arrays.fill(numbers, 0, 9, Float.NEGATIVE_INFINITY);
    Arrays.fill(numbers, 9, 17, Float.NaN);
    numbers[0] = Float.MAX_VALUE; // Nearer to infinity than to the largest BFLOAT16.
    short[] rounded = new short[17];

    Rounding.round(numbers, rounded, 17);

    assertThat(BFloat16.toFloat(rounded[0])).isEqualTo(Float.POSITIVE_INFINITY);
    for (int i = 1; i < 17; i++) {
      assertThat(Float.valueOf(BFloat16.toFloat(rounded[i]))).isEqualTo(Float.valueOf(numbers[i]));
    }
  }

  /** Whole vectors and the rest after them; every second number is halfway between two. */
  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 4096, 4103})
  void numbersAreRoundedToTheNearestHalfwayToTheEvenOne(int count) {
    Random random = new Random(7);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits((float) random.nextGaussian());
      numbers[i] = Float.intBitsToFloat(i % 2 == 0 ? bits : bits & 0xffff0000 | 0x8000);
    }
    short[] rounded = new short[count];

    Rounding.round(numbers, rounded, count);

    for (int i = 0; i < count; i++) {
      assertThat(rounded[i]).as("%s", numbers[i]).isEqualTo(BFloat16.fromFloat(numbers[i]));
    }
  }
}
