package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.util.Arrays;
import org.peft4j.safetensors.TensorSink;

/** The same value {@code count} times. */
record ConstantValues(float value, long count) implements CheckpointTensor.Values {
  private static final int CHUNK = 1 << 16;

  @Override
  public void writeTo(TensorSink sink, String name) throws IOException {
    float[] values = new float[(int) Math.min(CHUNK, count)];
    Arrays.fill(values, value);
    for (long left = count; left > 0; left -= values.length) {
      sink.writeFloats(name, values, 0, (int) Math.min(values.length, left));
    }
  }
}
