package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsFile;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.weight.DenseWeight;

class WeightValuesTest {
  private static final int ROWS = 3001;
  private static final int COLUMNS = 700;

  /** Two million elements: more than are widened at a time, as in a real model's embeddings. */
  @Test
  void writesAWeightOfSeveralPartsAndLeavesItAsItWas(@TempDir Path folder) {
    float[] values = new float[ROWS * COLUMNS];
    Random random = new Random(11);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Path file = folder.resolve("weight.safetensors");
    try (DenseWeight weight =
        DenseWeight.of(Nd4j.createFromArray(values).reshape('c', ROWS, COLUMNS))) {
      SafetensorsWriter.to(file)
          .tensor("w", DType.F32, ROWS, COLUMNS)
          .write(sink -> WeightValues.write(weight, sink, "w"));

      assertThat(weight.storedShape()).containsExactly(ROWS, COLUMNS);
    }
    float[] written = new float[values.length];
    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      read.readFloats("w", 0, written, 0, written.length);
    }
    assertThat(written).isEqualTo(values);
  }
}
