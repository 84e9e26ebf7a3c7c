package org.peft4j.lora.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.lora.LoraConfig;
import org.peft4j.site.Site;

/** r and α by module path. */
class RanksTest {
  private static final Ranks RANKS =
      new Ranks(8, 16, ordered("attn.q", 4, "q", 2), ordered("h.1.*", 6.0, "q", 3.0));

  private static <T> Map<String, T> ordered(String first, T one, String second, T two) {
    Map<String, T> map = new LinkedHashMap<>();
    map.put(first, one);
    map.put(second, two);
    return map;
  }

  @ParameterizedTest
  @CsvSource({
    "h.0.attn.q, 4, 3",
    "h.1.attn.q, 4, 6",
    "h.0.cross.q, 2, 3",
    "q, 2, 3",
    "h.0.seq, 8, 16",
    "h.0.q.lora, 8, 16"
  })
  void aPatternIsAWholePathOrItsEndAfterADot(String path, int rank, double alpha) {
    Site site = Site.linear(path, path, 4, 4, List.of());

    assertThat(RANKS.rankAt(site)).isEqualTo(rank);
    assertThat(RANKS.alphaAt(site)).isEqualTo(alpha);
    assertThat(RANKS.scaleAt(site)).isEqualTo(alpha / rank);
  }

  @Test
  void everyProblemHasASentence() {
    Ranks bad = new Ranks(0, -1, Map.of("q", 0), Map.of("v", Double.NaN));

    assertThat(bad.problems("lora_alpha"))
        .satisfiesExactly(
            p -> assertThat(p).startsWith("r is 0; allowed: 1 to"),
            p -> assertThat(p).startsWith("lora_alpha is -1.0; allowed: a finite number"),
            p -> assertThat(p).startsWith("rank_pattern \"q\" is 0; allowed:"),
            p -> assertThat(p).startsWith("alpha_pattern \"v\" is NaN; allowed:"));
    assertThat(RANKS.problems("alpha")).isEmpty();
  }

  @Test
  void theKeysOfBothPatternsMustMatchSomething() {
    assertThat(RANKS.patterns()).containsExactly("attn.q", "q", "h.1.*", "q");
  }

  @Test
  void aBuilderReplacesAllOfThemOrChangesOne() {
    LoraConfig config = LoraConfig.builder().rank(3).rankPattern("v", 1).ranks(RANKS).build();

    assertThat(config.ranks()).isEqualTo(RANKS);
    assertThat(config.toBuilder().rank(5).build().ranks())
        .isEqualTo(new Ranks(5, 16, RANKS.rankPattern(), RANKS.alphaPattern()));
  }
}
