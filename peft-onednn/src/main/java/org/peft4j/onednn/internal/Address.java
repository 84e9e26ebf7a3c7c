package org.peft4j.onednn.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A pointer that moves from array to array and owns nothing. */
public final class Address extends Pointer {
  /** The address of the first element of {@code array}. */
  public static long of(INDArray array) {
    return array.data().address() + array.offset() * array.data().getElementSize();
  }

  public Address to(long value) {
    this.address = value;
    return this;
  }

  /** {@code count} elements of memory from the first element of {@code array} on. */
  public static FloatBuffer floats(INDArray array, long count) {
    return bytes(array, 0, count * Float.BYTES).asFloatBuffer();
  }

  /**
   * Memory in the processor's byte order.
   *
   * @param offset bytes to skip from the first element of {@code array} on
   */
  public static ByteBuffer bytes(INDArray array, long offset, long count) {
    return new BytePointer(new Address().to(of(array) + offset))
        .capacity(count)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }
}
