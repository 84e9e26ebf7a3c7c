package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Crew;

/**
 * What an adapter of low rank adds to few rows, as in decoding one token after the other: so little
 * arithmetic that the calls of two products and an array between them would take several times as
 * long.
 */
public final class LowRankRows {
  /** Rows of B that are copied to the heap at once. */
  private static final int CHUNK = 64;

  private LowRankRows() {}

  /** Whether {@link #add} takes these. */
  public static boolean possible(INDArray x, INDArray a, INDArray b, INDArray y) {
    return VectorUnit.PRESENT
        && FewRows.are(x)
        && FewRows.are(y)
        && dense(a)
        && dense(b)
        && x.dataType() == DataType.FLOAT
        && y.dataType() == DataType.FLOAT;
  }

  private static boolean dense(INDArray matrix) {
    return matrix.dataType() == DataType.FLOAT
        && matrix.length() > 0
        && (matrix.size(1) == 1 || matrix.stride(1) == 1)
        && (matrix.size(0) == 1 || matrix.stride(0) == matrix.size(1));
  }

  /**
   * {@code y += scale·(x·Aᵀ)·Bᵀ}.
   *
   * @param x [m, in]
   * @param a [r, in]
   * @param b [out, r]
   * @param y [m, out]
   */
  public static void add(INDArray x, INDArray a, INDArray b, float scale, INDArray y) {
    float[][] hidden = hidden(FewRows.of(x), a);
    FloatBuffer numbers = Address.floats(b, b.length());
    FewRows results = new FewRows(y, scale, true);
    Crew.run(
        b.size(0),
        b.size(1),
        (from, to) -> {
          for (int first = from; first < to; first += CHUNK) {
            add(hidden, numbers, first, Math.min(CHUNK, to - first), results);
          }
        });
  }

  /** What some rows of B add. */
  private static void add(
      float[][] hidden, FloatBuffer numbers, int first, int count, FewRows results) {
    int rank = hidden[0].length;
    float[] chunk = new float[count * rank];
    numbers.get(first * rank, chunk);
    for (int row = 0; row < hidden.length; row++) {
      for (int i = 0; i < count; i++) {
        results.put(row, first + i, FloatRows.dot(chunk, i * rank, hidden[row]));
      }
    }
  }

  /** {@code x·Aᵀ}, [m, r]. */
  private static float[][] hidden(float[][] x, INDArray a) {
    float[][] hidden = new float[x.length][(int) a.size(0)];
    int rank = hidden[0].length;
    Crew.run(
        (rank + RowMemory.STREAMS - 1) / RowMemory.STREAMS,
        RowMemory.STREAMS * a.size(1),
        (from, to) -> {
          RowMemory rows = RowMemory.ofMatrix(a);
          FarRows.run(
              from * RowMemory.STREAMS,
              Math.min(rank, to * RowMemory.STREAMS),
              RowMemory.STREAMS,
              (first, length, apart, streams) -> {
                for (int r = first; r < first + length; r++) {
                  rows.multiply(r, apart, streams, 0, x, hidden, r);
                }
              });
        });
    return hidden;
  }
}
