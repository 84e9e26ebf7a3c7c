package org.peft4j.onednn;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.global.dnnl;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.operation.Pointwise;

/**
 * {@code ½x(1 + tanh(u)) = x·σ(2u)} with {@code u = √(2/π)(x + 0.044715x³)}: where vectors have 256
 * bits, oneDNN's logistic function and these loops take a third of the time of its own form, 1.2
 * and 3.3 ms for 512 × 3072 numbers. With 512 bits its own takes half, 0.5 and 0.9 ms.
 */
final class GeluTanh {
  private static final int PIECE = 4096;
  private static final float LINEAR = (float) (2 * Math.sqrt(2 / Math.PI));
  private static final float CUBIC = LINEAR * 0.044715f;

  private GeluTanh() {}

  /** {@code y = f(x)}; y must not be x. */
  static void apply(INDArray x, INDArray y) {
    gate(x, y);
    Pointwise.multiply(Address.of(y), Address.of(x), Address.of(y), x.length());
  }

  /** {@code dx = dy·(σ + x·σ·(1 − σ)·2u')}; dx may be dy. */
  static void gradient(INDArray x, INDArray dy, INDArray dx) {
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray gate = scratch.array(DataType.FLOAT, x.length());
      gate(x, gate);
      FloatBuffer in = RowTasks.floats(x);
      FloatBuffer gates = RowTasks.floats(gate);
      FloatBuffer upper = RowTasks.floats(dy);
      FloatBuffer out = RowTasks.floats(dx);
      forEachPiece(
          x.length(),
          (from, count) -> {
            float[] v = new float[count];
            float[] g = new float[count];
            float[] d = new float[count];
            in.get(from, v);
            gates.get(from, g);
            upper.get(from, d);
            for (int i = 0; i < count; i++) {
              float slope = LINEAR + 3 * CUBIC * v[i] * v[i];
              d[i] *= g[i] + v[i] * g[i] * (1 - g[i]) * slope;
            }
            out.put(from, d);
          });
    }
  }

  /** {@code gate = σ(2u)}. */
  private static void gate(INDArray x, INDArray gate) {
    FloatBuffer in = RowTasks.floats(x);
    FloatBuffer out = RowTasks.floats(gate);
    forEachPiece(
        x.length(),
        (from, count) -> {
          float[] v = new float[count];
          in.get(from, v);
          for (int i = 0; i < count; i++) {
            v[i] *= LINEAR + CUBIC * v[i] * v[i];
          }
          out.put(from, v);
        });
    long address = Address.of(gate);
    Pointwise.apply(dnnl.algorithm.eltwise_logistic, 0, 0, address, address, x.length());
  }

  /** Processes {@code count} elements from {@code from} on. */
  private interface Piece {
    void run(int from, int count);
  }

  private static void forEachPiece(long length, Piece piece) {
    int total = Math.toIntExact(length);
    long pieces = (length + PIECE - 1) / PIECE;
    RowTasks.run(
        pieces,
        PIECE,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            piece.run(i * PIECE, Math.min(PIECE, total - i * PIECE));
          }
        });
  }
}
