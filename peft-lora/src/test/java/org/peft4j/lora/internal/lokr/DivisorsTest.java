package org.peft4j.lora.internal.lokr;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How LoKr divides a dimension, with the numbers that Hugging Face PEFT gives. */
class DivisorsTest {
  @ParameterizedTest
  @CsvSource({
    "256, -1, 16, 16",
    "128, -1, 8, 16",
    "127, -1, 1, 127",
    "128, 4, 4, 32",
    "128, 64, 64, 2",
    "20, 6, 4, 5",
    "20, 3, 2, 10",
    "1, -1, 1, 1"
  })
  void ofADimension(long dimension, int factor, long small, long large) {
    assertThat(Divisors.of(dimension, factor)).isEqualTo(new Divisors(small, large));
  }
}
