package org.peft4j.internal.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.testing.Mutations;

/** Damaged expressions: refused, or matched at a bounded cost. */
class PatternFuzzTest {
  private static final List<String> SEEDS =
      List.of(
          ".*\\.(q|v)_proj",
          "^(?!.*lm_head)(?:model\\.)?layers\\.(\\d+)\\..*_proj$",
          "(?P<a>[a-z&&_]{1,3}|[^\\W\\d]+?)++",
          "(?i:(?<=ab)c|(?>a*)b){2,5}\\b\\Z");
  private static final List<String> TOKENS =
      List.of(
          "(",
          ")",
          "(?:",
          "(?=",
          "(?<=a",
          "(?>",
          "{2}",
          "{1,}",
          "{0,99999}",
          "*",
          "+",
          "?",
          "|",
          "[",
          "]",
          "^",
          "$",
          "\\",
          "\\b",
          "(?i)",
          ".*",
          "[^a]",
          "-",
          "&&");

  @Test
  void damagedExpressionsAreRefusedOrMatchedAtABoundedCost() {
    Mutations mutations = new Mutations(20_240_301, TOKENS);
    int inputs = Mutations.inputs(20_000);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      byte[] seed = SEEDS.get(mutations.below(SEEDS.size())).getBytes(StandardCharsets.ISO_8859_1);
      String text = new String(mutations.of(seed), StandardCharsets.ISO_8859_1);
      long started = System.nanoTime();
      read += matches(text) ? 1 : 0;
      assertThat(System.nanoTime() - started)
          .as("time of %s", text)
          .isLessThan(Mutations.MAX_TIME.toNanos());
    }
    assertThat(read).isBetween(inputs / 20, inputs - inputs / 20);
  }

  private static boolean matches(String text) {
    try {
      PythonPattern pattern = PythonPattern.of(text);
      pattern.matches("model.layers.11.self_attn.q_proj");
      pattern.matches("a".repeat(100));
      if (pattern.groups() > 0) {
        pattern.group(pattern.groups(), "abcabc.1.x");
      }
      return true;
    } catch (PatternError expected) {
      return false;
    }
  }
}
