package org.peft4j.ia3.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** The vector l at a linear map of 3 to 2 features, and at a convolution of 4 to 5 channels. */
class Ia3ScaleTest {
  private static final Site LINEAR = Site.linear("proj", "proj", 3, 2, List.of());
  private static final Site CONVOLUTION =
      Site.convolution("conv", "conv", 4, 5, List.of(3L, 3L), List.of());

  private static Ia3Scale ofOutput(Site site) {
    return new Ia3Scale(site, false, false);
  }

  private static Ia3Scale ofInput(Site site) {
    return new Ia3Scale(site, true, false);
  }

  @Test
  void itHasTheShapesOfHuggingFacesFiles() {
    assertThat(Values.shapes(ofOutput(LINEAR).parameters()))
        .isEqualTo(Map.of("ia3_l", List.of(2L, 1L)));
    assertThat(Values.shapes(ofInput(LINEAR).parameters()))
        .isEqualTo(Map.of("ia3_l", List.of(1L, 3L)));
    assertThat(Values.shapes(ofOutput(CONVOLUTION).parameters()))
        .isEqualTo(Map.of("ia3_l", List.of(1L, 5L, 1L, 1L)));
    assertThat(Values.shapes(ofInput(CONVOLUTION).parameters()))
        .isEqualTo(Map.of("ia3_l", List.of(1L, 4L, 1L, 1L)));
  }

  @Test
  void itsKeyIsTheModulesPathAndTheName() {
    Ia3Scale scale = ofOutput(LINEAR);

    assertThat(scale.key(scale.parameters().get(0))).isEqualTo("base_model.model.proj.ia3_l");
  }

  @Test
  void itBeginsAsOnesSoThatNothingChanges() {
    Tensors first = Values.first(1, ofOutput(LINEAR).parameters());

    assertThat(first.get("ia3_l").toDoubleVector()).containsExactly(1, 1);
  }

  @Test
  void forTestsItBeginsAsStandardNormal() {
    Site wide = Site.linear("wide", "wide", 1, 4000, List.of());

    INDArray first = Values.first(1, new Ia3Scale(wide, false, true).parameters()).get("ia3_l");

    assertThat(first.meanNumber().doubleValue()).isBetween(-0.05, 0.05);
    assertThat(first.stdNumber().doubleValue()).isBetween(0.96, 1.04);
  }

  @Test
  void theVectorIsAViewOfTheParameter() {
    for (Ia3Scale scale : List.of(ofOutput(LINEAR), ofInput(CONVOLUTION))) {
      Tensors values = Values.random(2, scale.parameters());

      INDArray l = scale.scale(values);
      l.assign(7);

      assertThat(l.rank()).isEqualTo(1);
      assertThat(values.get("ia3_l").minNumber().doubleValue()).isEqualTo(7);
    }
  }
}
