package org.peft4j.onednn.internal.attention;

import org.nd4j.linalg.api.buffer.DataType;
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
import org.peft4j.safetensors.BFloat16;

/**
 * Rows of heads with one more feature, as matrices [heads, rows, D + 1]: a product with another's
 * then adds the product of both features, which is how a number of its own is subtracted from each
 * row of scores at no cost. In BFLOAT16 the feature is a sum of two, so that it has 16 bits.
 *
 * @param first the first of the heads
 * @param most how many rows there is room for
 * @param size D
 * @param features beyond them: 0, 1 or 2
 */
record ExtendedHeads(INDArray memory, int first, int heads, int most, int size, int features) {
  /** How many features make one of a type. */
  static int featuresOf(DataType type) {
    return type == DataType.BFLOAT16 ? 2 : 1;
  }

  /** The numbers of a row. */
  int width() {
    return size + features;
  }

  /** The same memory for other heads, as many or fewer. */
  ExtendedHeads of(int firstHead, int count) {
    return new ExtendedHeads(memory, firstHead, count, most, size, features);
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
    fill(x, start, rows, factor, last, false);
  }

  /** Writes such rows with a feature 1: that of others is multiplied by it. */
  void fillWithOnes(INDArray x, int start, int rows) {
    fill(x, start, rows, 1, (row, head, of, other) -> 1, true);
  }

  /**
   * @param each whether all features are {@code last}, or their sum is
   */
  private void fill(INDArray x, int start, int rows, float factor, Feature last, boolean each) {
    HeadRows from = HeadRows.of(x);
    Numbers to = Numbers.of(memory);
    int width = width();
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
              float feature = last.of(i, first + head, values, room);
              for (int j = size; j < width; j++) {
                extended[j] = feature;
                feature -= each ? 0 : rounded(feature);
              }
              to.put((head * most + i) * width, extended, width);
            }
          }
        });
  }

  private float rounded(float number) {
    return Numbers.isHalf(memory) ? BFloat16.toFloat(BFloat16.fromFloat(number)) : number;
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
    Numbers from = Numbers.of(memory);
    int width = width();
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
    forEach(0, rows, (row, head, values) -> to.put(start + row, head * size, values, size));
  }

  /** Zeros the rows of a range. */
  void clear(KeyRange range) {
    Numbers to = Numbers.of(memory);
    float[] zeros = new float[range.count() * width()];
    for (int head = 0; head < heads; head++) {
      to.put((head * most + range.first()) * width(), zeros, zeros.length);
    }
  }

  /** The last feature of a row. */
  float feature(int row, int head) {
    return feature(Numbers.of(memory), row, head - first);
  }

  private float feature(Numbers from, int row, int head) {
    float sum = 0;
    for (int i = 0; i < features; i++) {
      sum += from.get((head * most + row) * width() + size + i);
    }
    return sum;
  }

  /** The least last feature of a tile's queries. */
  float leastFeature(Tile tile) {
    Numbers from = Numbers.of(memory);
    float least = Float.POSITIVE_INFINITY;
    for (int head = 0; head < heads; head++) {
      for (int i = tile.first(); i < tile.first() + tile.count(); i++) {
        least = Math.min(least, feature(from, i, head));
      }
    }
    return least;
  }

  /** The largest Euclidean norm of each head's rows, of their D features. */
  float[] largestNorms() {
    Numbers from = Numbers.of(memory);
    float[] norms = new float[heads];
    RowTasks.run(
        heads,
        (long) most * width(),
        (begin, end) -> {
          float[] values = new float[size];
          for (int head = begin; head < end; head++) {
            double largest = 0;
            for (int i = 0; i < most; i++) {
              from.get((head * most + i) * width(), values);
              largest = Math.max(largest, Sums.ofProducts(values, values, 0, size));
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
    int width = width();
    long matrix = (long) most * width;
    Heads layout =
        new Heads(
            new Axis(count, step * matrix),
            new Axis(rows, width),
            new Axis(width, 1),
            Numbers.isHalf(memory));
    long start = head * matrix + (long) from * width;
    return new Operand(Address.of(memory) + start * layout.bytes(), layout);
  }
}
