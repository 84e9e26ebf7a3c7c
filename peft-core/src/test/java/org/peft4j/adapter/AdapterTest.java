package org.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** What an adapter that says nothing more than its tensors is. */
class AdapterTest {
  private static final Site SITE = Site.linear("h.0.fc", "h.0.fc", 2, 2, List.of());

  /** One tensor, which is the change of the weight. */
  private record Delta(Site site) implements WeightAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(ParameterSpec.of("delta.weight", Initializer.zeros(), 2, 2));
    }

    @Override
    public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
      weight.addi(parameters.get("delta.weight"));
    }

    @Override
    public void deltaGradient(
        Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
      gradients.get("delta.weight").assign(weightGradient);
    }
  }

  private final Delta adapter = new Delta(SITE);

  @Test
  void itsKeysAreHuggingFacePeftsWithTheSitesPath() {
    assertThat(adapter.parameters().stream().map(adapter::key))
        .containsExactly("base_model.model.h.0.fc.delta.weight");
  }

  @Test
  void itsFileHoldsItsTensorsAndNoCopiesOrConstants() {
    assertThat(adapter.copies(new Tensors(Map.of()))).isEmpty();
    assertThat(adapter.copyShapes()).isEmpty();
    assertThat(adapter.constants()).isEmpty();
    assertThat(adapter.constantShapes()).isEmpty();
    assertThat(adapter.writesConstants()).isTrue();
  }

  @Test
  void itsFirstValuesAreThoseThatAreDrawn() {
    Tensors first = Values.random(1, adapter.parameters());

    adapter.complete(first);

    assertThat(first.asMap()).isEqualTo(Values.random(1, adapter.parameters()).asMap());
  }

  @Test
  void itLeavesABiasAlone() {
    INDArray bias = Values.random(2, 2);
    Tensors values = Values.random(1, adapter.parameters());

    adapter.addBiasDelta(values, bias);

    assertThat(adapter.changesBias()).isFalse();
    assertThat(bias).isEqualTo(Values.random(2, 2));
  }

  @Test
  void itHoldsNoValuesSoThatOneServesManyModels() {
    Pass pass = new Pass(new Nd4jKernels(), false, 0);
    INDArray weight = Values.zeros(2, 2);

    adapter.addDelta(pass, Values.random(1, adapter.parameters()), weight);
    adapter.addDelta(pass, Values.random(2, adapter.parameters()), weight);

    assertThat(weight).isEqualTo(Values.random(1, 2, 2).add(Values.random(2, 2, 2)));
  }
}
