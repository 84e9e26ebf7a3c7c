package org.peft4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0|0",
        "0.6153846153846154|0.6154",
        "-2.2510|-2.251",
        "1.0|1",
        "373.36|373.4",
        "31855.4|31,855",
        "-1204.6|-1,205",
        "0.0002|0.0002",
        "6.1181e-7|6.118e-7",
        "9.99999e-5|1e-4"
      })
  void numbersHaveFourDigits(double value, String text) {
    assertThat(Figures.text(value)).isEqualTo(text);
  }
}
