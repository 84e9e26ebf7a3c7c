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
  void aThousandSwitchesGrowNoNativeMemory() throws InterruptedException {
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

  /** The least that is in use, once collections free nothing more: memory is freed by a thread. */
  private static long settled() throws InterruptedException {
    long least = Long.MAX_VALUE;
    int unchanged = 0;
    while (unchanged < 5) {
      System.gc();
      Thread.sleep(20);
      long now = Pointer.totalBytes();
      unchanged = now < least ? 0 : unchanged + 1;
      least = Math.min(least, now);
    }
    return least;
  }
}
