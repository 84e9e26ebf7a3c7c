package org.peft4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;

/** Patterns over module paths, which may come from a file. */
class ModulePatternTest {
  @Test
  void matchesWholePaths() {
    ModulePattern pattern = ModulePattern.compile("target_modules", ".*\\.(q|v)_proj");
    assertThat(pattern.matches("model.layers.0.self_attn.q_proj")).isTrue();
    assertThat(pattern.matches("model.layers.0.self_attn.q_proj.x")).isFalse();
  }

  @Test
  void takesPythonsNamedGroups() {
    assertThat(ModulePattern.compile("f", "(?P<layer>a+)b").matches("aab")).isTrue();
  }

  @Test
  void aPatternWithManyWaysToFailIsQuick() {
    ModulePattern pattern = ModulePattern.compile("target_modules", "(.*)(.*)(.*)(.*)(.*)x");
    assertThat(pattern.matches("a".repeat(200))).isFalse();
    assertThat(pattern.matches("a".repeat(200) + "x")).isTrue();
  }

  @Test
  void aPatternThatTakesTooLongIsAnError() {
    String ahead = "(?=.*(?=.*(?=.*(?=.*z))))";
    ModulePattern pattern = ModulePattern.compile("target_modules", ".*" + ahead);
    assertThatThrownBy(() -> pattern.matches("a".repeat(200)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("takes too long on a module path");
  }

  @Test
  void aPatternThatIsTooLongOrBrokenIsAnError() {
    assertThatThrownBy(() -> ModulePattern.compile("target_modules", "a".repeat(10_001)))
        .hasMessageContaining("is a pattern of 10001 characters; allowed: 10000");
    assertThatThrownBy(() -> ModulePattern.compile("target_modules", "("))
        .hasMessageContaining(
            "target_modules is not a regular expression that Python reads: \"(\" has a parenthesis"
                + " that is not closed at character 2.");
  }

  @Test
  void theFirstKeyThatMatchesThePathOrItsEndCounts() {
    Map<String, Integer> map = new LinkedHashMap<>();
    map.put("layers.0.self_attn.q_proj", 2);
    map.put("q_proj", 4);
    map.put("model\\.layers\\.\\d+\\.mlp\\..*", 6);
    PatternMap<Integer> patterns = new PatternMap<>("rank_pattern", map);
    assertThat(patterns.get("model.layers.0.self_attn.q_proj", 8)).isEqualTo(2);
    assertThat(patterns.get("model.layers.1.self_attn.q_proj", 8)).isEqualTo(4);
    assertThat(patterns.get("model.layers.1.mlp.up_proj", 8)).isEqualTo(6);
    assertThat(patterns.get("model.layers.1.self_attn.xq_proj", 8)).isEqualTo(8);
  }

  @Test
  void theFirstKeyInTheOrderOfTheFileCounts() {
    Map<String, Integer> map = new LinkedHashMap<>();
    map.put(".*_proj", 2);
    map.put("q_proj", 4);

    assertThat(new PatternMap<>("rank_pattern", map).get("h.0.q_proj", 8)).isEqualTo(2);
    assertThat(new PatternMap<Integer>("rank_pattern", Map.of()).get("q_proj", 8)).isEqualTo(8);
  }

  /** A plain path is compared as the expression that it is. */
  @ParameterizedTest
  @CsvSource({
    "q_proj, q_proj",
    "q_proj, h.0.q_proj",
    "q_proj, h.0.xq_proj",
    "q_proj, q_proj.x",
    "0.q_proj, h.0.q_proj",
    "0.q_proj, h.0xq_proj",
    ".q, h.q",
    "h..q, h.0q"
  })
  void aPathMatchesWhatItsExpressionMatches(String key, String path) {
    assertThat(ModulePattern.isPath(key)).isTrue();
    assertThat(ModulePattern.endsWith(path, key))
        .isEqualTo(ModulePattern.suffix("rank_pattern", key).matches(path));
  }

  @Test
  void thousandsOfPathsAreAllowedAndExpressionsAreBounded() {
    Map<String, Integer> paths = new LinkedHashMap<>();
    Map<String, Integer> expressions = new LinkedHashMap<>();
    for (int i = 0; i < 10_000; i++) {
      paths.put("h." + i + ".q_proj", i);
      expressions.put("h." + i + ".*", i);
    }

    assertThat(new PatternMap<>("rank_pattern", paths).get("t.h.77.q_proj", 0)).isEqualTo(77);
    assertThatThrownBy(() -> new PatternMap<>("rank_pattern", expressions))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "rank_pattern has 10000 keys, 10000 of them expressions; allowed: up to 10000 and"
                + " 500.");
  }

  @Test
  void alternativesOfAKeyStayTogether() {
    ModulePattern pattern = ModulePattern.suffix("rank_pattern", "q_proj|v_proj");

    assertThat(pattern.matches("h.0.v_proj")).isTrue();
    assertThat(pattern.matches("h.0.xv_proj")).isFalse();
    assertThat(pattern.matches("q_proj.x")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "'.*\\.layers\\.(\\d+)\\.', model.layers.12.q, 12",
    "'.*\\.(h|layers)\\.(\\d+)\\.', model.h.3.q, 3",
    "'.*\\.layers\\.(\\d+)\\.', model.h.12.q, "
  })
  void theLastGroupIsOfAMatchAtTheBeginning(String text, String path, @Nullable String group) {
    assertThat(ModulePattern.compile("layers_pattern", text).lastGroup(path)).isEqualTo(group);
  }

  @Test
  void aPatternOfTooManyLevelsIsAnErrorWithAShortMessage() {
    String deep = "(".repeat(4_900) + "a" + ")".repeat(4_900);
    assertThatThrownBy(() -> ModulePattern.compile("target_modules", deep))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("target_modules is not a regular expression that Python reads: ")
        .hasMessageEndingWith(
            "(((…\" (9801 characters) has more than 100 parentheses in each other at character"
                + " 101.");
  }

  @Test
  void repetitionsOfALongTextAreNoOverflow() {
    ModulePattern pattern = ModulePattern.compile("target_modules", "(a|b)*c");
    assertThat(pattern.matches("ab".repeat(4_000) + "c")).isTrue();
    assertThatThrownBy(() -> pattern.matches("ab".repeat(40_000)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("\"(a|b)*c\"")
        .hasMessageContaining("Simplify it.");
  }
}
