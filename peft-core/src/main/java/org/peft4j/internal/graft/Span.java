package org.peft4j.internal.graft;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Adapter;

/**
 * Neighbouring rows of a matrix on which the same grafts act.
 *
 * @param from the first row
 * @param to the row after the last
 */
record Span(long from, long to, List<Graft> grafts) {
  /** An acting adapter of a type, with its graft. */
  record Acting<A extends Adapter>(A adapter, Graft graft) {}

  /** These rows of a row-major matrix, as a view. */
  INDArray of(INDArray matrix) {
    return from == 0 && to == matrix.size(0)
        ? matrix
        : matrix.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
  }

  /**
   * The rows of a matrix that belong to these, where each sequence of a batch has another number of
   * rows there: the pixels before a convolution.
   *
   * @param rows the number of rows in which this span is counted
   */
  INDArray within(long rows, INDArray matrix) {
    long other = matrix.size(0);
    return rows == other
        ? of(matrix)
        : new Span(from * other / rows, to * other / rows, grafts).of(matrix);
  }

  @Nullable INDArray ofNullable(@Nullable INDArray matrix) {
    return matrix == null ? null : of(matrix);
  }

  /** The adapters of a type, in their order. */
  <A extends Adapter> List<Acting<A>> of(Class<A> sort) {
    return of(grafts, sort).toList();
  }

  /** The adapters of a type among {@code grafts}. */
  static <A extends Adapter> Stream<Acting<A>> of(List<Graft> grafts, Class<A> sort) {
    return grafts.stream()
        .filter(g -> sort.isInstance(g.adapter()))
        .map(g -> new Acting<>(sort.cast(g.adapter()), g));
  }
}
