package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.util.List;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorSink;

/**
 * A tensor to write; its values are computed when its turn comes.
 *
 * @param values writes all values to the tensor of that name
 */
record CheckpointTensor(String name, DType dtype, List<Long> shape, Values values) {
  CheckpointTensor {
    shape = List.copyOf(shape);
  }

  interface Values {
    void writeTo(TensorSink sink, String name) throws IOException;
  }

  long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  long bytes() {
    return elements() * dtype.bytes();
  }

  long[] shapeArray() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
