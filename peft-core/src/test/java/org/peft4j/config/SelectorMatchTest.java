package org.peft4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.config.ModuleSelector.AllLinear;
import org.peft4j.config.ModuleSelector.Every;
import org.peft4j.config.ModuleSelector.Names;
import org.peft4j.config.ModuleSelector.Regex;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Which sites a selector means: here a projection, and one of a recurrent layer's two weights. */
class SelectorMatchTest {
  private static final Site Q = linear("h.0.attn.q_proj", "h.0.attn.q_proj");
  private static final Site RECURRENT = linear("lstm.RW", "lstm");
  private static final Site NORM = Site.parameters("ln", "ln", SiteKind.NORM, List.of());

  private static Site linear(String name, String module) {
    return Site.linear(name, module, 2, 2, List.of());
  }

  @ParameterizedTest
  @CsvSource({
    "q_proj, true",
    "attn.q_proj, true",
    "h.0.attn.q_proj, true",
    "proj, false",
    "attn, false",
    "h.0, false",
    "Q_PROJ, false"
  })
  void aNameMeansAWholePathOrItsEndAfterADot(String name, boolean means) {
    assertThat(SelectorMatch.means(name, Q)).isEqualTo(means);
  }

  @Test
  void aNameMayBeTheSitesOwnOrItsModules() {
    assertThat(SelectorMatch.means("lstm", RECURRENT)).isTrue();
    assertThat(SelectorMatch.means("RW", RECURRENT)).isTrue();
    assertThat(SelectorMatch.means("lstm.W", RECURRENT)).isFalse();
  }

  @Test
  void oneOfSeveralNamesIsEnough() {
    assertThat(SelectorMatch.means(new Names(List.of("v_proj", "q_proj")), Q)).isTrue();
    assertThat(SelectorMatch.means(new Names(List.of("v_proj")), Q)).isFalse();
    assertThat(SelectorMatch.means(new Names(List.of()), Q)).isFalse();
  }

  @Test
  void aPatternMeansWholePathsOfSitesOrModules() {
    assertThat(SelectorMatch.means(new Regex(".*\\.q_proj"), Q)).isTrue();
    assertThat(SelectorMatch.means(new Regex("q_proj"), Q)).isFalse();
    assertThat(SelectorMatch.means(new Regex("lst."), RECURRENT)).isTrue();
    assertThat(SelectorMatch.means(new Regex("lstm\\.R."), RECURRENT)).isTrue();
  }

  @Test
  void allLinearMeansLinearMapsAndEveryMeansAll() {
    assertThat(SelectorMatch.means(new AllLinear(), Q)).isTrue();
    assertThat(SelectorMatch.means(new AllLinear(), NORM)).isFalse();
    assertThat(SelectorMatch.means(new Every(), NORM)).isTrue();
  }
}
