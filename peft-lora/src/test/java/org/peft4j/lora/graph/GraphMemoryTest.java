package org.peft4j.lora.graph;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.adapter.SingletonMultiDataSetIterator;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.testing.Values;

/** Native memory of a wrapped graph. */
class GraphMemoryTest {
  private static final int WIDTH = 128;

  /** A step has some thirty arrays of 128 KiB: kept, they would come to 4 GB. */
  @Test
  void aThousandStepsKeepNoNativeMemory() throws InterruptedException {
    SameDiff graph = model().network();
    MultiDataSet data =
        new MultiDataSet(
            Values.random(1, 256, WIDTH).castTo(DataType.FLOAT),
            Values.random(2, 256, WIDTH).castTo(DataType.FLOAT));
    graph.fit(new SingletonMultiDataSetIterator(data), 100);
    long pointers = settled();
    long resident = Pointer.physicalBytes();
    graph.fit(new SingletonMultiDataSetIterator(data), 1000);
    assertThat(settled() - pointers).isLessThan(50);
    assertThat(Pointer.physicalBytes() - resident).isLessThan(512L << 20);
  }

  @Test
  void aHundredSwitchesKeepNoNativeMemory() throws InterruptedException {
    PeftModel<SameDiff> model = model();
    model.addAdapter("second", LoraConfig.builder().rank(4).targetModules("w0").build());
    switchTimes(model, 20);
    long pointers = settled();
    switchTimes(model, 100);
    assertThat(settled() - pointers).isLessThan(50);
  }

  private static void switchTimes(PeftModel<SameDiff> model, int times) {
    for (int i = 0; i < times / 2; i++) {
      model.setActive("second");
      model.setActive("default");
    }
  }

  /** The number of native objects once collections free no more: memory is freed by a thread. */
  private static long settled() throws InterruptedException {
    long least = Long.MAX_VALUE;
    int unchanged = 0;
    while (unchanged < 5) {
      System.gc();
      Thread.sleep(20);
      long now = Pointer.totalCount();
      unchanged = now < least ? 0 : unchanged + 1;
      least = Math.min(least, now);
    }
    return least;
  }

  private static PeftModel<SameDiff> model() {
    SameDiff base = SameDiff.create();
    SDVariable h = base.placeHolder("x", DataType.FLOAT, -1, WIDTH);
    for (int i = 0; i < 4; i++) {
      SDVariable weight =
          base.var("w" + i, Values.random(i, WIDTH, WIDTH).muli(0.2).castTo(DataType.FLOAT));
      h = base.math.tanh(h.mmul(weight));
    }
    SDVariable labels = base.placeHolder("labels", DataType.FLOAT, -1, WIDTH);
    base.math.square(h.sub(labels)).mean("loss");
    base.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Adam(0.001))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("labels")
            .minimize("loss")
            .build());
    return Peft.wrap(base, LoraConfig.builder().rank(4).targetModules("w1", "w3").build());
  }
}
