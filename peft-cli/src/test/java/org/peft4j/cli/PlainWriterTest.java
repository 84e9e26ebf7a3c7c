package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a text from a file reaches a terminal. */
class PlainWriterTest {
  private static String printed(String text) {
    StringWriter terminal = new StringWriter();
    try (PrintWriter out = new PrintWriter(new PlainWriter(terminal))) {
      out.print(text);
    }
    return terminal.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "layer.0.weight",
        "a\tb\nc\n",
        "a\r\nb",
        "Größe, 重み, สวัสดี",
        "👩\u200d💻 👍🏽"
      })
  void textsStayAsTheyAre(String text) {
    assertThat(printed(text)).isEqualTo(text);
  }

  @Test
  void commandsToTheTerminalAreShownInstead() {
    assertThat(printed("\u001b[2J\u001b]0;x\u0007")).isEqualTo("\\u001b[2J\\u001b]0;x\\u0007");
    assertThat(printed("\u009b31m\u007f\u0000")).isEqualTo("\\u009b31m\\u007f\\u0000");
    assertThat(printed("all is well\rx")).isEqualTo("all is well\\u000dx");
    assertThat(printed("\r\r\n")).isEqualTo("\\u000d\r\n");
  }

  @Test
  void directionsAndInvisibleCharactersAreShownToo() {
    assertThat(printed("a\u202eb\u2066c\u200e\u2028\ufeff"))
        .isEqualTo("a\\u202eb\\u2066c\\u200e\\u2028\\ufeff");
    assertThat(printed(Character.toString(0xe0041))).isEqualTo("\\udb40\\udc41");
    assertThat(printed("x\ud83d")).isEqualTo("x\\ud83d");
    assertThat(printed("\udc4dx")).isEqualTo("\\udc4dx");
  }
}
