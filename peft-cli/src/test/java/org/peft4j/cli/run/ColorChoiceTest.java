package org.peft4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.cli.run.ColorChoice.When;

class ColorChoiceTest {
  @Test
  void coloursAreForTerminalsThatWantThem() {
    assertThat(ColorChoice.wanted(When.AUTO, true, Map.of("TERM", "xterm"))).isTrue();
    assertThat(ColorChoice.wanted(When.AUTO, true, Map.of("NO_COLOR", ""))).isTrue();
    assertThat(ColorChoice.wanted(When.AUTO, true, Map.of("NO_COLOR", "1"))).isFalse();
    assertThat(ColorChoice.wanted(When.AUTO, true, Map.of("TERM", "dumb"))).isFalse();
    assertThat(ColorChoice.wanted(When.AUTO, false, Map.of())).isFalse();
    assertThat(ColorChoice.wanted(When.ALWAYS, false, Map.of("NO_COLOR", "1"))).isTrue();
    assertThat(ColorChoice.wanted(When.NEVER, true, Map.of())).isFalse();
  }
}
