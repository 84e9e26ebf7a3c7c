package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

/** Deeplearning4j's methods that set learning rates set those of the adapters. */
class LearningRateTest {
  private static PeftModel<ComputationGraph> model() {
    return Peft.wrap(
        SmallModel.graph(),
        LoraConfig.builder().init(LoraInit.RANDOM).rank(2).targetModules("dense1", "out").build());
  }

  private static INDArray changeOfAStep(PeftModel<ComputationGraph> model, String layer) {
    INDArray before = model.network().getLayer(layer).params().dup();
    model.network().fit(SmallModel.data());
    return model.network().getLayer(layer).params().sub(before);
  }

  @Test
  void oneForAllLayers() {
    PeftModel<ComputationGraph> model = model();
    PeftModel<ComputationGraph> other = model();
    assertThat(model.network().getLearningRate("out")).isEqualTo(1e-2);
    changeOfAStep(model, "out");
    changeOfAStep(other, "out");
    model.network().setLearningRate(1e-3);
    assertThat(model.network().getLearningRate("out")).isEqualTo(1e-3);
    INDArray slow = changeOfAStep(model, "out");
    INDArray fast = changeOfAStep(other, "out");
    assertThat(slow.mul(10).distance2(fast)).isLessThan(1e-4 * fast.norm2Number().doubleValue());
  }

  @Test
  void oneForASingleLayerLeavesWhatOthersHaveLearnt() {
    PeftModel<ComputationGraph> model = model();
    PeftModel<ComputationGraph> other = model();
    changeOfAStep(model, "out");
    changeOfAStep(other, "out");
    model.network().setLearningRate("dense1", 0);
    INDArray out = model.network().getLayer("out").params().dup();
    assertThat(changeOfAStep(model, "dense1").amaxNumber().doubleValue()).isLessThan(1e-6);
    INDArray change = model.network().getLayer("out").params().sub(out);
    assertThat(change).isEqualTo(changeOfAStep(other, "out"));
    assertThat(model.base().getLearningRate("dense1")).isEqualTo(1e-2);
  }

  @Test
  void aScheduleForAllLayers() {
    PeftModel<ComputationGraph> model = model();
    model
        .network()
        .setLearningRate(
            new MapSchedule.Builder(ScheduleType.ITERATION).add(0, 1e-2).add(1, 0).build());
    assertThat(changeOfAStep(model, "out").amaxNumber().doubleValue()).isGreaterThan(1e-3);
    assertThat(changeOfAStep(model, "out").amaxNumber().doubleValue()).isLessThan(1e-6);
  }

  @Test
  void ofALayerOfANetwork() {
    LayerCase dense = LayerCases.kinds().findFirst().orElseThrow();
    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(dense.base(), LoraConfig.builder().targetModules(dense.target()).build());
    model.network().setLearningRate(0, 0.125);
    assertThat(model.network().getLearningRate(0)).isEqualTo(0.125);
  }
}
