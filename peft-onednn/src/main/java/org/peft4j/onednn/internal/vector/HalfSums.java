package org.peft4j.onednn.internal.vector;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import org.peft4j.onednn.internal.Crew;

/**
 * Products with a matrix in BFLOAT16, each of whose columns makes one of the result: all rows of
 * the matrix, each times an input, are added.
 */
final class HalfSums {
  /** The most pairs of columns that a thread has at once: sums stay in the nearest cache. */
  private static final int PIECE = 1 << 11;

  /** Pieces that a matrix has at least. */
  private static final int PIECES = 4;

  private final float[][] a;
  private final ByteBuffer weight;
  private final FewRows results;

  /** Pairs of columns, and of those of a piece. */
  private final int half;

  private final int width;

  /**
   * @param weight [k, n]
   * @param results [m, n]
   */
  HalfSums(float[][] a, ByteBuffer weight, FewRows results) {
    this.a = a;
    this.weight = weight;
    this.results = results;
    half = results.columns() / 2;
    int least = (half + PIECES - 1) / PIECES;
    width = Math.min(PIECE, (least + HalfRows.LANES - 1) / HalfRows.LANES * HalfRows.LANES);
  }

  void run() {
    Crew.run((half + width - 1) / width, 2L * width * a[0].length, this::pieces);
  }

  private void pieces(int from, int to) {
    for (int first = from * width; first < Math.min(half, to * width); first += width) {
      new Piece(first, Math.min(width, half - first)).run();
    }
  }

  /** Some columns. */
  private final class Piece implements FarRows.Use {
    /** The first pair of columns, and how many. */
    private final int start;

    private final int count;
    private final IntBuffer pairs = weight.asIntBuffer();
    private final Object memory = NativeVectors.of(weight);

    /** Of each row, split as {@link HalfRows} takes them. */
    private final float[][] sums;

    /** Of the columns, those in whole vectors, which are read where they are. */
    private final int whole;

    /** What is copied: all, or the columns after those. */
    private final int[] rest;

    Piece(int start, int count) {
      this.start = start;
      this.count = count;
      sums = new float[a.length][2 * count];
      whole = count / HalfRows.LANES * HalfRows.LANES;
      rest = new int[count];
    }

    void run() {
      FarRows.run(0, a[0].length, HalfRows.STREAMS, this);
      for (int row = 0; row < a.length; row++) {
        for (int i = 0; i < count; i++) {
          results.put(row, 2 * (start + i), sums[row][i]);
          results.put(row, 2 * (start + i) + 1, sums[row][count + i]);
        }
      }
    }

    @Override
    public void run(int first, int length, int apart, int streams) {
      int there = streams == HalfRows.STREAMS ? whole : 0;
      for (int row = first; row < first + length; row++) {
        if (there > 0) {
          addFromMemory(row, apart);
        }
        for (int stream = 0; stream < streams && there < count; stream++) {
          addCopied(row + stream * apart, there);
        }
      }
    }

    private void addFromMemory(int row, int apart) {
      long at = ((long) row * half + start) * Integer.BYTES;
      long bytes = (long) apart * half * Integer.BYTES;
      for (int i = 0; i < a.length; i++) {
        HalfRows.adds(a[i], row, apart, memory, at, bytes, whole, sums[i]);
      }
    }

    private void addCopied(int row, int from) {
      pairs.get(row * half + start + from, rest, 0, count - from);
      for (int i = 0; i < a.length; i++) {
        HalfRows.add(a[i][row], rest, count - from, sums[i], from);
      }
    }
  }
}
