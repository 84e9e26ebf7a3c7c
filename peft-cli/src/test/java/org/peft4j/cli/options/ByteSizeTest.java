package org.peft4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 bytes",
    "999, 999 bytes",
    "1000, 1.00 kB",
    "9476, 9.48 kB",
    "99949999, 99.9 MB",
    "99950000, 100 MB",
    "999499999, 999 MB",
    "999500000, 1.00 GB",
    "4918325248, 4.92 GB",
    "9223372036854775807, 9.22 EB"
  })
  void sizesHaveThreeDigits(long bytes, String text) {
    assertThat(ByteSize.text(bytes)).isEqualTo(text);
  }
}
