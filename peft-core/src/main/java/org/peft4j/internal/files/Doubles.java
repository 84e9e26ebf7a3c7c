package org.peft4j.internal.files;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.Scratch;

/** Double values as bytes, without rounding. */
final class Doubles {
  private Doubles() {}

  static ByteBuffer bytes(INDArray array) {
    double[] values = array.data().asDouble();
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Double.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    buffer.asDoubleBuffer().put(values);
    return buffer;
  }

  static void read(ByteBuffer bytes, INDArray target) {
    double[] values = new double[Math.toIntExact(target.length())];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
    INDArray read = Nd4j.createFromArray(values);
    target.assign(read.reshape('c', target.shape()));
    Scratch.release(read);
  }
}
