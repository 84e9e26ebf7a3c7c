package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import org.peft4j.safetensors.TensorSink;
import org.peft4j.transformers.internal.position.Sinusoids;

/** Sinusoids of {@code count} positions. */
record PositionValues(long count, int width) implements CheckpointTensor.Values {
  @Override
  public void writeTo(TensorSink sink, String name) throws IOException {
    for (long position = 0; position < count; position++) {
      sink.writeFloats(name, Sinusoids.row(position, width), 0, width);
    }
  }
}
