package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.KeyRange;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.HeadRows;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.Sums;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct.Axis;
import org.peft4j.onednn.internal.operation.BatchProduct.Heads;

/**
 * Rows of heads with one more feature, as matrices [heads, rows, D + 1]: a product with another's
 * then adds the product of both features, which is how a number of its own is subtracted from each
 * row of scores at no cost.
 *
 * @param first the first of the heads
 * @param most how many rows there is room for
 * @param width D + 1
 */
record ExtendedHeads(INDArray memory, int first, int heads, int most, int width) {
  /** The same memory for other heads, as many or fewer. */
  ExtendedHeads of(int firstHead, int count) {
    return new ExtendedHeads(memory, firstHead, count, most, width);
  }

  /** The last feature of a row of a head. */
  interface Feature {
    /**
     * @param values the D features as they are read
     * @param room for D numbers
     */
    float of(int row, int head, float[] values, float[] room);
  }

  /**
   * Writes rows of [B, T, all heads, D].
   *
   * @param start the first row, counted over sequences
   * @param factor of the D features
   */
  void fill(INDArray x, int start, int rows, float factor, Feature last) {
    int size = width - 1;
    HeadRows from = HeadRows.of(x);
    FloatBuffer to = RowTasks.floats(memory);
    RowTasks.run(
        rows,
        (long) heads * width,
        (begin, end) -> {
          float[] values = new float[size];
          float[] room = new float[size];
          float[] extended = new float[width];
          for (int i = begin; i < end; i++) {
            for (int head = 0; head < heads; head++) {
              from.get(start + i, (first + head) * size, values);
              for (int j = 0; j < size; j++) {
                extended[j] = factor * values[j];
              }
              extended[size] = last.of(i, first + head, values, room);
              to.put((head * most + i) * width, extended);
            }
          }
        });
  }

  /**
   * Writes the gradients of contexts C; the last feature is {@code −rowsum(C·dC)}.
   *
   * @param start the first row, counted over sequences
   */
  void fillGradients(AttentionGradient.Inputs in, int start, int rows) {
    HeadRows contexts = HeadRows.of(in.context());
    fill(
        in.upper(),
        start,
        rows,
        1,
        (row, head, gradient, context) -> {
          contexts.get(start + row, head * context.length, context);
          return (float) -Sums.ofProducts(context, gradient, 0, context.length);
        });
  }

  /** Reads a row of a head, with its last feature. */
  interface Reader {
    void read(int row, int head, float[] values);
  }

  /** Passes rows of each head, with all of their numbers, to a reader. */
  void forEach(int start, int rows, Reader reader) {
    FloatBuffer from = RowTasks.floats(memory);
    RowTasks.run(
        rows,
        (long) heads * width,
        (begin, end) -> {
          float[] values = new float[width];
          for (int i = start + begin; i < start + end; i++) {
            for (int head = 0; head < heads; head++) {
              from.get((head * most + i) * width, values);
              reader.read(i, first + head, values);
            }
          }
        });
  }

  /** Copies rows of each head to [B, T, all heads, D], the first to {@code start} there. */
  void write(int rows, INDArray x, int start) {
    HeadRows to = HeadRows.of(x);
    forEach(0, rows, (row, head, values) -> to.put(start + row, head * width, values, width));
  }

  /** Zeros the rows of a range. */
  void clear(KeyRange range) {
    FloatBuffer to = RowTasks.floats(memory);
    float[] zeros = new float[range.count() * width];
    for (int head = 0; head < heads; head++) {
      to.put((head * most + range.first()) * width, zeros);
    }
  }

  /** The last feature of a row. */
  float feature(int row, int head) {
    return RowTasks.floats(memory).get(((head - first) * most + row) * width + width - 1);
  }

  /** The least last feature of a tile's queries. */
  float leastFeature(Tile tile) {
    FloatBuffer from = RowTasks.floats(memory);
    float least = Float.POSITIVE_INFINITY;
    for (int head = 0; head < heads; head++) {
      for (int i = tile.first(); i < tile.first() + tile.count(); i++) {
        least = Math.min(least, from.get((head * most + i) * width + width - 1));
      }
    }
    return least;
  }

  /** The largest Euclidean norm of each head's rows, of their D features. */
  float[] largestNorms() {
    FloatBuffer from = RowTasks.floats(memory);
    float[] norms = new float[heads];
    RowTasks.run(
        heads,
        (long) most * width,
        (begin, end) -> {
          float[] values = new float[width];
          for (int head = begin; head < end; head++) {
            double largest = 0;
            for (int i = 0; i < most; i++) {
              from.get((head * most + i) * width, values);
              largest = Math.max(largest, Sums.ofProducts(values, values, 0, width - 1));
            }
            norms[head] = (float) Math.sqrt(largest);
          }
        });
    return norms;
  }

  /** The keys of a tile, as matrices [keys, width]. */
  Operand keys(TileScores p) {
    return operand(0, heads, 1, p.tile().range().first(), p.tile().keys());
  }

  /** The queries of a tile, for the i-th head of each group, [queries, width]. */
  Operand queries(TileScores p, int i, int group) {
    return operand(i, heads / group, group, p.tile().first(), p.tile().count());
  }

  private Operand operand(int head, int count, int step, int from, int rows) {
    long matrix = (long) most * width;
    Heads layout =
        new Heads(new Axis(count, step * matrix), new Axis(rows, width), new Axis(width, 1));
    long start = head * matrix + (long) from * width;
    return new Operand(Address.of(memory) + start * Float.BYTES, layout);
  }
}
