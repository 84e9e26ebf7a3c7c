package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.config.ModuleSelector;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.lowrank.PlainConfig.Target;
import org.peft4j.site.Site;

/** Configs of adapters that were computed: what they keep, and what each target comes to. */
class PlainConfigTest {
  private static final LoraConfig LIKE =
      LoraConfig.builder()
          .rank(3)
          .rslora(true)
          .init(LoraInit.PISSA)
          .dropout(0.2)
          .fanInFanOut(true)
          .targetAllLinear()
          .taskType("CAUSAL_LM")
          .baseModel("some/model")
          .build();

  private static LoraShape at(String path, LoraConfig config) {
    return LoraShape.at(Site.linear(path, path, 8, 8, List.of()), config);
  }

  @Test
  void taskBaseModelAndDropoutStayAndTheStartDoesNot() {
    LoraConfig config = PlainConfig.of(LIKE, List.of(new Target("h.0.up", 4, 8)), true);

    assertThat(config.common().taskType()).contains("CAUSAL_LM");
    assertThat(config.common().baseModel()).contains("some/model");
    assertThat(config.dropout()).isEqualTo(0.2);
    assertThat(config.fanInFanOut()).isTrue();
    assertThat(config.loraBias()).isTrue();
    assertThat(config.init()).isEqualTo(LoraInit.STANDARD);
    assertThat(config.rslora()).isFalse();
    assertThat(config.common().targetModules())
        .contains(new ModuleSelector.Names(List.of("h.0.up")));
  }

  @Test
  void equalTargetsNeedNoPatterns() {
    LoraConfig config =
        PlainConfig.of(LIKE, List.of(new Target("a", 4, 8), new Target("b", 4, 8)), false);

    assertThat(config.ranks().rankPattern()).isEmpty();
    assertThat(config.ranks().alphaPattern()).isEmpty();
  }

  /** The path of one is the end of another's, and dots are no wildcards. */
  @Test
  void everyTargetGetsItsOwnRankAndScale() {
    LoraConfig config =
        PlainConfig.of(
            LIKE,
            List.of(
                new Target("up", 1, 5), new Target("h.1.up", 2, 6), new Target("h.10.up", 3, 3)),
            false);

    assertThat(at("up", config))
        .extracting(LoraShape::rank, LoraShape::scale)
        .containsExactly(1, 5.0);
    assertThat(at("h.1.up", config))
        .extracting(LoraShape::rank, LoraShape::scale)
        .containsExactly(2, 3.0);
    assertThat(at("h.10.up", config))
        .extracting(LoraShape::rank, LoraShape::scale)
        .containsExactly(3, 1.0);
  }
}
