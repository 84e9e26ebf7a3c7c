package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.Bias;
import org.peft4j.method.TensorPlace;

/** Places say where in the network's vector a tensor's elements are. */
class TensorPlacesTest {
  private static PeftModel<ComputationGraph> model() {
    PeftModel<ComputationGraph> model = Peft.bare(SmallModel.graph(), 3);
    LoraConfig.Builder config = LoraConfig.builder().rank(2).bias(Bias.ALL);
    model.addAdapter("a", config.targetModules("dense1", "out").build());
    model.addAdapter("b", config.bias(Bias.NONE).targetModules("dense2", "out").build());
    return model;
  }

  @Test
  void aVectorOfItsOwnIndicesGivesEachTensorThoseOfItsPlace() {
    PeftModel<ComputationGraph> model = model();
    model.setActive("b", "a");
    INDArray vector = model.network().params();
    vector.assign(Nd4j.arange(vector.length()).reshape(vector.shape()));

    List<TensorPlace> places = model.training().places();
    assertThat(places).hasSize(tensors(model, "a") + tensors(model, "b"));
    long next = 0;
    for (TensorPlace place : places) {
      INDArray tensor =
          Objects.requireNonNull(model.adapter(place.adapter()).tensors().get(place.key()));
      assertThat(tensor.shape())
          .isEqualTo(place.shape().stream().mapToLong(Long::longValue).toArray());
      for (long i = 0; i < place.count(); i++) {
        assertThat(tensor.dup('c').data().getLong(i)).isEqualTo(place.offset() + i);
      }
      assertThat(place.offset()).isEqualTo(next);
      next = place.end();
    }
    assertThat(next).isEqualTo(vector.length());
  }

  private static int tensors(PeftModel<ComputationGraph> model, String adapter) {
    return model.adapter(adapter).tensors().size();
  }

  @Test
  void onlyActiveAdaptersHavePlaces() {
    PeftModel<ComputationGraph> model = model();
    model.setActive("b");
    assertThat(model.training().places())
        .extracting(TensorPlace::adapter)
        .containsOnly("b")
        .hasSize(tensors(model, "b"));
    model.setActive();
    assertThat(model.training().places()).isEmpty();
  }
}
