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
  void aPatternThatBacktracksWithoutEndIsAnError() {
    ModulePattern pattern = ModulePattern.compile("target_modules", "(.*)(.*)(.*)(.*)(.*)x");
    assertThatThrownBy(() -> pattern.matches("a".repeat(60)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("takes too long");
  }

  @Test
  void aPatternThatIsTooLongOrBrokenIsAnError() {
    assertThatThrownBy(() -> ModulePattern.compile("target_modules", "a".repeat(10_001)))
        .hasMessageContaining("is a pattern of 10001 characters; allowed: 10000");
    assertThatThrownBy(() -> ModulePattern.compile("target_modules", "("))
        .hasMessageContaining("target_modules is not a regular expression");
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
        .hasMessageStartingWith("target_modules is not a regular expression: Stack overflow")
        .hasMessageEndingWith("(((…\" (9801 characters).");
  }

  @Test
  void aPatternThatNeedsTooManyStepsInEachOtherIsAnErrorAndNoOverflow() {
    ModulePattern pattern = ModulePattern.compile("target_modules", "(a|b)*c");
    assertThatThrownBy(() -> pattern.matches("ab".repeat(40_000)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("\"(a|b)*c\"")
        .hasMessageContaining("Simplify it.");
  }
}
