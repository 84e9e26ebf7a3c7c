package org.peft4j.onednn.internal.vector;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rows outside of the heap, some of which are multiplied or added at once: those of a matrix, or of
 * keys or values [B, S, K, D], each with K heads. Numbers of those in BFLOAT16 are split as {@link
 * HalfRows} takes them; {@link #ordered} and {@link #inOrder} do the same with others and undo it.
 * An object is for one thread.
 */
abstract class RowMemory {
  /** Rows that are taken at once. */
  static final int STREAMS = HalfRows.STREAMS;

  /** What owns the memory. */
  final INDArray array;

  /** Elements of the array and of the gaps between them. */
  final long count;

  /** Whether these are in BFLOAT16. */
  final boolean half;

  /** Elements from one row to the next. */
  final int stride;

  /** Numbers of a head. */
  final int size;

  /**
   * @param count elements of the array and of the gaps between them
   * @param size the numbers of a head
   */
  RowMemory(INDArray array, long count, int stride, int size) {
    this.array = array;
    this.count = count;
    this.half = array.dataType() == DataType.BFLOAT16;
    this.stride = stride;
    this.size = size;
  }

  /**
   * Rows with heads, [B, S, K, D].
   *
   * @param heads as {@link #possible} asks
   */
  static RowMemory ofHeads(INDArray heads) {
    return of(heads, span(heads), heads.stride(1), (int) heads.size(3));
  }

  /**
   * Rows of one head.
   *
   * @param matrix without gaps
   */
  static RowMemory ofMatrix(INDArray matrix) {
    int columns = (int) matrix.size(1);
    return of(matrix, matrix.length(), columns, columns);
  }

  /** Rows that are read where they are, if heads are whole vectors. */
  private static RowMemory of(INDArray array, long count, int stride, int size) {
    return NativeRows.possible(array, size)
        ? new NativeRows(array, count, stride, size)
        : new CopiedRows(array, count, stride, size);
  }

  /** Elements from the first to the last of [B, S, K, D]. */
  static long span(INDArray heads) {
    long rows = heads.size(0) * heads.size(1);
    return (rows - 1) * heads.stride(1) + heads.size(2) * heads.size(3);
  }

  /** Whether heads have no gaps, and pairs of BFLOAT16 are integers in memory. */
  static boolean possible(INDArray heads) {
    boolean half = heads.dataType() == DataType.BFLOAT16;
    boolean even = heads.size(3) % 2 == 0 && heads.stride(1) % 2 == 0;
    boolean dense =
        (heads.size(3) == 1 || heads.stride(3) == 1)
            && (heads.size(2) == 1 || heads.stride(2) == heads.size(3))
            && (heads.size(0) == 1 || heads.stride(0) == heads.size(1) * heads.stride(1));
    return (half ? even : heads.dataType() == DataType.FLOAT)
        && dense
        && heads.length() > 0
        && span(heads) * Float.BYTES <= Integer.MAX_VALUE;
  }

  /** Where a head of a row begins. */
  final int at(int row, int head) {
    return row * stride + head * size;
  }

  /** Numbers in the order in which these are met. */
  final float[] ordered(float[] numbers) {
    return half ? HalfRows.split(numbers) : numbers;
  }

  /** What {@link #ordered} made, as it was. */
  final float[] inOrder(float[] numbers) {
    return half ? HalfRows.joined(numbers) : numbers;
  }

  /**
   * {@code p[i][at + s·apart] = x[i]·row(row + s·apart)} for each i.
   *
   * @param apart from one row to the next
   * @param streams how many rows: {@link #STREAMS}, or one
   * @param head of the rows
   * @param x in order
   */
  abstract void multiply(
      int row, int apart, int streams, int head, float[][] x, float[][] p, int at);

  /** {@code sums[i] += Σ p[i][at + s·apart]·row(row + s·apart)}, in order. */
  abstract void add(int row, int apart, int streams, int head, float[][] p, int at, float[][] sums);
}
