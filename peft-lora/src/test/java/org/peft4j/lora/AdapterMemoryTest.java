package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/** Switching adapters costs no memory. */
class AdapterMemoryTest {
  @Test
  void aThousandSwitchesGrowNoNativeMemory() {
    PeftModel<ComputationGraph> model =
        Peft.wrap(
            SmallModel.graph(), LoraConfig.builder().rank(64).targetModules("dense1").build());
    model.addAdapter("second", LoraConfig.builder().rank(64).targetModules("dense2").build());
    model.network().fit(SmallModel.data());
    switchTimes(model, 100);
    long before = settled();
    switchTimes(model, 1000);
    assertThat(settled() - before).isLessThan(256 << 10);
  }

  private static void switchTimes(PeftModel<ComputationGraph> model, int times) {
    for (int i = 0; i < times / 2; i++) {
      model.setActive("second");
      model.setActive("default");
    }
  }

  private static long settled() {
    System.gc();
    System.gc();
    return Pointer.totalBytes();
  }
}
