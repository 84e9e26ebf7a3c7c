package org.peft4j.internal.quantized.stored;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.peft4j.safetensors.DType;

/**
 * A tensor of a quantised weight as a file holds it.
 *
 * @param bytes all elements, little-endian
 */
public record WrittenTensor(String name, DType dtype, List<Long> shape, ByteBuffer bytes) {
  public WrittenTensor {
    shape = List.copyOf(shape);
  }

  static WrittenTensor floats(String name, float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new WrittenTensor(name, DType.F32, List.of((long) values.length), bytes);
  }
}
