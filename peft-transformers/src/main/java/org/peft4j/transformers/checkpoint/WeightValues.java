package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.TensorSink;
import org.peft4j.weight.FrozenWeight;

/** Writes weights to a checkpoint, widened a part at a time. */
final class WeightValues {
  private static final int CHUNK = 1 << 20;

  private WeightValues() {}

  /** Appends all elements in the checkpoint's order. */
  static void write(FrozenWeight weight, TensorSink sink, String name) throws IOException {
    long[] shape = weight.storedShape();
    long rows = shape[0];
    long most = Math.max(1, CHUNK * rows / weight.count());
    for (long from = 0; from < rows; from += most) {
      shape[0] = Math.min(most, rows - from);
      try (INDArray part = Nd4j.createUninitialized(DataType.FLOAT, shape)) {
        weight.read(from, from + shape[0], part);
        float[] values = part.data().asFloat();
        sink.writeFloats(name, values, 0, values.length);
      }
    }
  }
}
