package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.Changes;
import org.peft4j.site.Site;

/** Rank and scale by the site's path: α/r, or α/√r. */
class LoraShapeTest {
  private static final LoraConfig.Builder CONFIG =
      LoraConfig.builder()
          .rank(16)
          .alpha(8)
          .rankPattern("attn.q", 4)
          .rankPattern("q", 9)
          .alphaPattern("mlp.*", 2);

  @ParameterizedTest
  @CsvSource({
    "h.0.attn.v, 16, 0.5, 2",
    "h.0.attn.q, 4, 2, 4",
    "h.0.cross.q, 9, 0.8888888888888888, 2.6666666666666665",
    "h.0.mlp.up, 16, 0.125, 0.5"
  })
  void theFirstPatternThatMatchesCounts(String path, int rank, double scale, double stabilised) {
    Site site = Site.linear(path, path, 32, 32, List.of());

    LoraShape plain = LoraShape.at(site, CONFIG.rslora(false).build());
    LoraShape rslora = LoraShape.at(site, CONFIG.rslora(true).build());

    assertThat(plain.rank()).isEqualTo(rank);
    assertThat(plain.scale()).isCloseTo(scale, within(1e-15));
    assertThat(rslora.scale()).isCloseTo(stabilised, within(1e-15));
  }

  @Test
  void inputsAreDroppedInTrainingOnly() {
    LoraShape shape = new LoraShape(2, 1, 0.1, false, LoraInit.STANDARD);

    assertThat(shape.drops(Changes.training(1))).isTrue();
    assertThat(shape.drops(Changes.inference())).isFalse();
    assertThat(shape.withoutDropout().drops(Changes.training(1))).isFalse();
  }

  @Test
  void oneFieldIsChangedAtATime() {
    LoraShape shape = new LoraShape(2, 1, 0.1, true, LoraInit.PISSA);

    assertThat(shape.withRank(4)).isEqualTo(new LoraShape(4, 1, 0.1, true, LoraInit.PISSA));
    assertThat(shape.withScale(3)).isEqualTo(new LoraShape(2, 3, 0.1, true, LoraInit.PISSA));
    assertThat(shape.withoutDropout()).isEqualTo(new LoraShape(2, 1, 0, true, LoraInit.PISSA));
  }
}
