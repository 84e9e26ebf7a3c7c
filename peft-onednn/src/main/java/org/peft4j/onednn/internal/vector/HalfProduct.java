package org.peft4j.onednn.internal.vector;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Crew;

/**
 * Few rows times a matrix in BFLOAT16, as in decoding one token after the other: each number of the
 * matrix is read once, in the 16 bits that it has in memory. Products and sums are in single
 * precision.
 */
public final class HalfProduct {
  /** Pairs of numbers that are copied to the heap at once, which stay in the nearest cache. */
  private static final int PIECE = 1 << 11;

  private HalfProduct() {}

  /**
   * Whether {@link #multiply} takes these.
   *
   * @param a FLOAT, row-major
   * @param weight BFLOAT16 without gaps, with an even number of columns
   */
  public static boolean possible(INDArray a, INDArray weight) {
    return VectorUnit.PRESENT
        && FewRows.are(a)
        && weight.length() >= FewRows.LEAST
        && weight.length() * Short.BYTES <= Integer.MAX_VALUE;
  }

  /**
   * {@code out = alpha·a·op(weight) + (accumulate) out}.
   *
   * @param a [m, k]
   * @param weight [k, n], or [n, k] with {@code transpose}
   * @param out [m, n]
   */
  public static void multiply(
      INDArray a,
      INDArray weight,
      boolean transpose,
      float alpha,
      boolean accumulate,
      INDArray out) {
    ByteBuffer memory = Address.bytes(weight, 0, weight.length() * Short.BYTES);
    FewRows results = new FewRows(out, alpha, accumulate);
    if (transpose) {
      products(FewRows.of(a), memory, results);
    } else {
      sums(FewRows.of(a), memory.asIntBuffer(), results);
    }
  }

  /** A row of the weight is a column of the result. */
  private static void products(float[][] a, ByteBuffer weight, FewRows results) {
    int half = a[0].length / 2;
    float[][] even = everySecond(a, 0);
    float[][] odd = everySecond(a, 1);
    Crew.run(
        results.columns(),
        2L * half,
        (from, to) -> {
          if (NativeVectors.PRESENT) {
            FarRows.run(from, to, HalfRows.STREAMS, new FarProducts(weight, even, odd, results));
          } else {
            copiedProducts(from, to, weight.asIntBuffer(), even, odd, results);
          }
        });
  }

  private static void copiedProducts(
      int from, int to, IntBuffer pairs, float[][] even, float[][] odd, FewRows results) {
    int half = even[0].length;
    int[] piece = new int[Math.min(PIECE, half)];
    float[] sums = new float[even.length];
    for (int column = from; column < to; column++) {
      Arrays.fill(sums, 0);
      for (int at = 0; at < half; at += PIECE) {
        int count = Math.min(PIECE, half - at);
        pairs.get(column * half + at, piece, 0, count);
        for (int row = 0; row < sums.length; row++) {
          sums[row] += HalfRows.dot(piece, count, even[row], odd[row], at);
        }
      }
      for (int row = 0; row < sums.length; row++) {
        results.put(row, column, sums[row]);
      }
    }
  }

  /** Columns of the result, from rows of the weight where they are. */
  private static final class FarProducts implements FarRows.Use {
    private final Object memory;
    private final IntBuffer pairs;
    private final float[][] even;
    private final float[][] odd;
    private final FewRows results;

    /** Pairs in a row; of these, whole vectors; the rest. */
    private final int half;

    private final int whole;
    private final int[] rest;
    private final float[] sums = new float[HalfRows.STREAMS];

    FarProducts(ByteBuffer weight, float[][] even, float[][] odd, FewRows results) {
      this.memory = NativeVectors.of(weight);
      this.pairs = weight.asIntBuffer();
      this.even = even;
      this.odd = odd;
      this.results = results;
      half = even[0].length;
      whole = half / HalfRows.LANES * HalfRows.LANES;
      rest = new int[half - whole];
    }

    @Override
    public void rows(int first, int apart, int count) {
      long bytes = (long) half * Integer.BYTES;
      for (int row = 0; row < even.length; row++) {
        HalfRows.dots(
            memory, first * bytes, apart * bytes, whole, even[row], odd[row], sums);
        for (int stream = 0; stream < count; stream++) {
          int column = first + stream * apart;
          results.put(row, column, sums[stream] + ofRest(column, row));
        }
      }
    }

    private float ofRest(int column, int row) {
      if (rest.length == 0) {
        return 0;
      }
      pairs.get(column * half + whole, rest);
      return HalfRows.dot(rest, rest.length, even[row], odd[row], whole);
    }
  }

  private static float[][] everySecond(float[][] x, int first) {
    float[][] every = new float[x.length][x[0].length / 2];
    for (int row = 0; row < x.length; row++) {
      for (int i = 0; i < every[row].length; i++) {
        every[row][i] = x[row][2 * i + first];
      }
    }
    return every;
  }

  /** A column of the weight is a column of the result; a thread has some pairs of them. */
  private static void sums(float[][] a, IntBuffer pairs, FewRows results) {
    int half = results.columns() / 2;
    int width = Math.min(PIECE, (half + 1) / 2);
    Crew.run(
        (half + width - 1) / width,
        2L * width * a[0].length,
        (from, to) -> {
          int[] piece = new int[width];
          for (int first = from * width; first < Math.min(half, to * width); first += width) {
            int count = Math.min(width, half - first);
            float[][] even = new float[a.length][count];
            float[][] odd = new float[a.length][count];
            for (int i = 0; i < a[0].length; i++) {
              pairs.get(i * half + first, piece, 0, count);
              for (int row = 0; row < a.length; row++) {
                HalfRows.add(a[row][i], piece, count, even[row], odd[row]);
              }
            }
            for (int row = 0; row < a.length; row++) {
              for (int i = 0; i < count; i++) {
                results.put(row, 2 * (first + i), even[row][i]);
                results.put(row, 2 * (first + i) + 1, odd[row][i]);
              }
            }
          }
        });
  }
}
