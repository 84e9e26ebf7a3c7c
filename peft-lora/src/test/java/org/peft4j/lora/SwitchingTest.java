package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/** Switching exchanges layouts; what an adapter is and has learnt does not depend on it. */
class SwitchingTest {
  private static final INDArray X = SmallModel.data().getFeatures();

  private static PeftModel<ComputationGraph> model() {
    PeftModel<ComputationGraph> model = Peft.bare(SmallModel.graph(), 3);
    LoraConfig.Builder config = LoraConfig.builder().init(LoraInit.RANDOM).rank(2);
    model.addAdapter("a", config.targetModules("dense1", "dense2").build());
    model.addAdapter("b", config.targetModules("dense2", "out").build());
    return model;
  }

  private static INDArray output(PeftModel<ComputationGraph> model) {
    return model.network().outputSingle(X).dup();
  }

  private static long address(PeftModel<ComputationGraph> model) {
    return model.network().params().data().address();
  }

  @Test
  void comingBackToASetCopiesNothing() {
    PeftModel<ComputationGraph> model = model();
    model.setActive("a");
    long parameters = address(model);
    INDArray output = output(model);
    model.setActive("b");
    assertThat(address(model)).isNotEqualTo(parameters);
    assertThat(output(model)).isNotEqualTo(output);
    model.setActive("a");
    assertThat(address(model)).isEqualTo(parameters);
    assertThat(output(model)).isEqualTo(output);
  }

  @Test
  void trainingInTurnsIsTrainingOneAfterTheOther() {
    PeftModel<ComputationGraph> inTurns = model();
    PeftModel<ComputationGraph> apart = model();
    for (int step = 0; step < 3; step++) {
      for (String adapter : List.of("a", "b")) {
        inTurns.setActive(adapter);
        inTurns.network().fit(SmallModel.data());
      }
    }
    for (String adapter : List.of("a", "b")) {
      apart.setActive(adapter);
      apart.network().getConfiguration().setIterationCount(0);
      for (int step = 0; step < 3; step++) {
        // In turns, the network counts the other's steps too.
        apart
            .network()
            .getConfiguration()
            .setIterationCount(2 * step + (adapter.equals("b") ? 1 : 0));
        apart.network().fit(SmallModel.data());
      }
    }
    for (String adapter : List.of("a", "b")) {
      assertThat(inTurns.adapter(adapter).tensors()).isEqualTo(apart.adapter(adapter).tensors());
    }
  }

  @Test
  void aLearningRateThatIsSetWhileAnotherIsActiveCounts() {
    PeftModel<ComputationGraph> model = model();
    model.setActive("a");
    model.network().fit(SmallModel.data());
    model.setActive("b");
    model.network().setLearningRate(0);
    model.setActive("a");
    INDArray before = model.network().params().dup();
    model.network().fit(SmallModel.data());
    // Adam of Deeplearning4j takes a step of 1e-8 where the rate is zero.
    assertThat(model.network().params().distance2(before)).isLessThan(1e-6);
  }

  @Test
  void whatIsPutAsideCanBeSwappedReplacedAndDeleted(@TempDir Path folder) {
    PeftModel<ComputationGraph> model = model();
    model.setActive("a");
    INDArray first = output(model);
    model.save("a", folder);
    model.adapter("a").tensors().forEach((key, value) -> value.muli(2));
    INDArray second = output(model);
    model.setActive("b");
    model.swapAdapter("a", folder);
    model.setActive("a");
    assertThat(output(model)).isEqualTo(first);

    Map<String, INDArray> doubled = new HashMap<>();
    model.adapter("a").tensors().forEach((key, value) -> doubled.put(key, value.mul(2)));
    model.setActive("b");
    model.adapter("a").redefine(model.config("a"), doubled);
    model.setActive("a");
    assertThat(output(model)).isEqualTo(second);

    model.setActive("b");
    INDArray other = output(model);
    model.delete("a");
    assertThat(output(model)).isEqualTo(other);
    model.addAdapter("a", LoraConfig.builder().rank(1).targetModules("out").build());
    model.setActive("a");
    model.setActive("b");
    assertThat(output(model)).isEqualTo(other);
  }
}
