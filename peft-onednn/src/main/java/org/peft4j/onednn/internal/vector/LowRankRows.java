package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;

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
    int rank = hidden[0].length;
    int columns = (int) b.size(0);
    FloatBuffer numbers = Address.floats(b, b.length());
    FewRows results = new FewRows(y, scale, true);
    float[] chunk = new float[Math.min(CHUNK, columns) * rank];
    for (int first = 0; first < columns; first += CHUNK) {
      int count = Math.min(CHUNK, columns - first);
      numbers.get(first * rank, chunk, 0, count * rank);
      for (int row = 0; row < hidden.length; row++) {
        for (int i = 0; i < count; i++) {
          results.put(row, first + i, FloatRows.dot(chunk, i * rank, hidden[row]));
        }
      }
    }
  }

  /** {@code x·Aᵀ}, [m, r]. */
  private static float[][] hidden(float[][] x, INDArray a) {
    FloatBuffer numbers = Address.floats(a, a.length());
    float[] ofA = new float[x[0].length];
    float[][] hidden = new float[x.length][(int) a.size(0)];
    for (int r = 0; r < a.size(0); r++) {
      numbers.get(r * ofA.length, ofA);
      for (int row = 0; row < x.length; row++) {
        hidden[row][r] = FloatRows.dot(ofA, 0, x[row]);
      }
    }
    return hidden;
  }
}
