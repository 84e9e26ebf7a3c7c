package org.peft4j.internal.quantized.stored;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Supplier;
import org.peft4j.safetensors.DType;

/**
 * A tensor of a quantised weight as a file holds it.
 *
 * @param values gives all elements, little-endian, when they are written
 */
public record WrittenTensor(
    String name, DType dtype, List<Long> shape, Supplier<ByteBuffer> values) {
  public WrittenTensor {
    shape = List.copyOf(shape);
  }

  static WrittenTensor floats(String name, float... values) {
    return new WrittenTensor(name, DType.F32, List.of((long) values.length), () -> bytes(values));
  }

  static WrittenTensor integers(String name, int... values) {
    return new WrittenTensor(
        name,
        DType.I32,
        List.of((long) values.length),
        () -> {
          ByteBuffer bytes = little(Integer.BYTES * values.length);
          bytes.asIntBuffer().put(values);
          return bytes;
        });
  }

  static ByteBuffer bytes(float... values) {
    ByteBuffer bytes = little(Float.BYTES * values.length);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
