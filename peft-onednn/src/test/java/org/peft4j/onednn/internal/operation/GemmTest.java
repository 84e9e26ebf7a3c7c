package org.peft4j.onednn.internal.operation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many terms oneDNN's {@code sgemm} sums at once. */
class GemmTest {
  /** With more than 252 terms, a signal to the thread destroys memory of the heap. */
  @ParameterizedTest
  @CsvSource({
    "1, 4",
    "252, 252",
    "253, 128",
    "256, 128",
    "504, 252",
    "505, 172",
    "512, 172",
    "768, 192",
    "2048, 228",
    "50257, 252"
  })
  void partsAreEqualAndFitOnTheStack(long terms, long part) {
    assertThat(Gemm.part(terms)).isEqualTo(part);
  }
}
