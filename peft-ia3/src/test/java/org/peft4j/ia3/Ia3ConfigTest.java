package org.peft4j.ia3;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

/** What an (IA)³ config refuses. */
class Ia3ConfigTest {
  @Test
  void feedForwardModulesMustBeTargets() {
    assertThatThrownBy(() -> Ia3Config.builder().targetModules("a").feedforwardModules("b").build())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("among target_modules");
  }
}
