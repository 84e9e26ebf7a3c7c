package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerNumbersTest {
  @ParameterizedTest
  @CsvSource({
    "model.layers.10.mlp.0.weight, model.layers.*.mlp.*.weight",
    "0.weight, 0.weight",
    "a.0, a.0",
    "a..1a.b, a..1a.b",
    "h.1.2.x, h.*.*.x",
    "'', ''",
  })
  void numbersBetweenDotsBecomeStars(String name, String starred) {
    assertThat(LayerNumbers.starred(name)).isEqualTo(starred);
  }
}
