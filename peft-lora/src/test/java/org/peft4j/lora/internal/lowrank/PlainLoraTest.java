package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraInit;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Which adapter a site gets. */
class PlainLoraTest {
  private static final LoraShape SHAPE = new LoraShape(2, 1, 0, false, LoraInit.STANDARD);
  private static final LoraShape BIASED = new LoraShape(2, 1, 0, true, LoraInit.STANDARD);
  private static final Site CONVOLUTION =
      Site.convolution("conv", "conv", 4, 4, List.of(3L), List.of());

  @Test
  void everyKindOfWeightHasAnAdapterOfItsOwn() {
    Site linear = Site.linear("proj", "proj", 4, 4, List.of());
    Site embedding = Site.embedding("wte", "wte", 4, 4, List.of());

    assertThat(PlainLora.at(linear, BIASED)).isEqualTo(new LoraLinear(linear, BIASED));
    assertThat(PlainLora.at(embedding, SHAPE)).isEqualTo(new LoraEmbedding(embedding, SHAPE));
    assertThat(PlainLora.at(CONVOLUTION, SHAPE)).isEqualTo(new LoraLinear(CONVOLUTION, SHAPE));
  }

  @Test
  void aBiasNeedsAModuleOfOneMatrix() {
    Site recurrent = Site.linear("lstm.RW", "lstm", 4, 4, List.of());

    assertThatThrownBy(() -> PlainLora.at(recurrent, BIASED))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "lora_bias is for modules with one matrix; lstm.RW is one of several of lstm. Exclude"
                + " that module or drop lora_bias.");
    assertThatThrownBy(() -> PlainLora.at(CONVOLUTION, BIASED))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "lora_bias is for linear modules; conv is a convolution. Exclude it or drop lora_bias.");
  }

  @ParameterizedTest
  @EnumSource(
      value = SiteKind.class,
      names = {"LINEAR", "EMBEDDING", "CONVOLUTION"},
      mode = EnumSource.Mode.EXCLUDE)
  void aSiteWithoutAMatrixIsRefused(SiteKind kind) {
    Site site = Site.place("here", "here", kind, 4, 4);

    assertThatThrownBy(() -> PlainLora.at(site, SHAPE))
        .isInstanceOf(PeftException.class)
        .hasMessage("LoRA cannot be grafted on here, a site of kind " + kind + ".");
  }
}
