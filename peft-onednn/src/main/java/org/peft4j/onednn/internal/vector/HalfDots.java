package org.peft4j.onednn.internal.vector;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.peft4j.onednn.internal.Crew;

/** Products with a matrix in BFLOAT16, each of whose rows makes a column of the result. */
final class HalfDots {
  private final ByteBuffer weight;
  private final FewRows results;

  /** Rows of inputs, split as {@link HalfRows} takes them. */
  private final float[][] inputs;

  /** Pairs in a row. */
  private final int half;

  /**
   * @param weight [n, k]
   * @param results [m, n]
   */
  HalfDots(float[][] a, ByteBuffer weight, FewRows results) {
    this.weight = weight;
    this.results = results;
    inputs = Arrays.stream(a).map(HalfRows::split).toArray(float[][]::new);
    half = a[0].length / 2;
  }

  void run() {
    Crew.run(results.columns(), 2L * half, this::columns);
  }

  private void columns(int from, int to) {
    FarRows.run(from, to, HalfRows.STREAMS, new Part());
  }

  /** Some columns, from rows of the weight where they are. */
  private final class Part implements FarRows.Use {
    private final Object memory = NativeVectors.of(weight);
    private final IntBuffer pairs = weight.asIntBuffer();

    /** Pairs in whole vectors, and the rest of a row. */
    private final int whole = half / HalfRows.LANES * HalfRows.LANES;

    private final int[] rest = new int[half - whole];
    private final float[] sums = new float[HalfRows.STREAMS];

    @Override
    public void run(int first, int length, int apart, int streams) {
      for (int column = first; column < first + length; column++) {
        for (int row = 0; row < inputs.length; row++) {
          multiply(row, column, apart, streams);
        }
      }
    }

    private void multiply(int row, int first, int apart, int streams) {
      long bytes = (long) half * Integer.BYTES;
      HalfRows.dots(memory, first * bytes, apart * bytes, whole, inputs[row], sums);
      for (int stream = 0; stream < streams; stream++) {
        int column = first + stream * apart;
        results.put(row, column, sums[stream] + ofRest(column, row));
      }
    }

    private float ofRest(int column, int row) {
      if (rest.length == 0) {
        return 0;
      }
      pairs.get(column * half + whole, rest);
      return HalfRows.dot(rest, rest.length, inputs[row], whole);
    }
  }
}
