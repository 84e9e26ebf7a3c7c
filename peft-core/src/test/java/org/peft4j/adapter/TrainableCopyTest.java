package org.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Values;
import org.peft4j.weight.DenseWeight;

/** Copies of the weight and the bias of a linear map of 3 to 2 features. */
class TrainableCopyTest {
  private static final SiteParameter WEIGHT = SiteParameter.weight("weight", 2, 3);
  private static final SiteParameter BIAS = SiteParameter.bias("bias", 2);
  private static final Site SITE = Site.linear("h.fc", "h.fc", 3, 2, List.of(WEIGHT, BIAS));
  private static final Map<String, INDArray> FROZEN =
      Map.of("weight", Values.random(1, 2, 3), "bias", Values.random(2, 2));

  private static TrainableCopy copy(String prefix, SiteParameter... copied) {
    return new TrainableCopy(
        SITE, List.of(copied), prefix, p -> DenseWeight.of(FROZEN.get(p.name())));
  }

  @Test
  void itBeginsAsTheFrozenParametersInTheirShapes() {
    TrainableCopy copy = copy("", WEIGHT, BIAS);

    Tensors first = Values.first(1, copy.parameters());

    assertThat(first.asMap()).isEqualTo(FROZEN);
  }

  @Test
  void keysAreThoseOfTheModuleUnlessAnotherAdapterWrapsIt() {
    TrainableCopy alone = copy("", WEIGHT, BIAS);
    TrainableCopy wrapped = copy("base_layer.", BIAS);
    TrainableCopy elsewhere =
        new TrainableCopy(
            SITE, List.of(BIAS), "base_model.", "", p -> DenseWeight.of(FROZEN.get(p.name())));

    assertThat(alone.parameters().stream().map(alone::key))
        .containsExactly("base_model.model.h.fc.weight", "base_model.model.h.fc.bias");
    assertThat(wrapped.parameters().stream().map(wrapped::key))
        .containsExactly("base_model.model.h.fc.base_layer.bias");
    assertThat(elsewhere.parameters().stream().map(elsewhere::key))
        .containsExactly("base_model.h.fc.bias");
  }

  @Test
  void itKnowsWhatItStandsInFor() {
    TrainableCopy biases = copy("base_layer.", BIAS);

    assertThat(biases.copies("bias")).isTrue();
    assertThat(biases.copies("weight")).isFalse();
    assertThat(biases.biasesOnly()).isTrue();
    assertThat(copy("", WEIGHT, BIAS).biasesOnly()).isFalse();
    Tensors values = Values.first(1, biases.parameters());
    assertThat(biases.of("bias", values)).isSameAs(values.get("base_layer.bias"));
  }
}
