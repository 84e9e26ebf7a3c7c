package org.peft4j.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/** {@code out = alpha·a·b (+ out)} for each matrix of a batch: the heads of an attention. */
record BatchProduct(Heads a, Heads b, Heads out, float alpha, boolean accumulate) {
  /**
   * A matrix for each sequence and head. Where there is one sequence, nothing is strided over, and
   * operations for batches of different lengths are equal.
   *
   * @param sequences the number of sequences, and the stride between them in elements
   * @param heads likewise
   */
  record Heads(Axis sequences, Axis heads, Axis rows, Axis columns) {
    Heads {
      if (sequences.size() == 1) {
        long within = Math.max(rows.extent(), columns.extent());
        sequences = new Axis(1, Math.max(heads.extent(), within));
      }
    }

    Heads transposed() {
      return new Heads(sequences, heads, columns, rows);
    }

    /** One matrix of the batch. */
    Heads alone() {
      long within = Math.max(rows.extent(), columns.extent());
      return new Heads(new Axis(1, within), new Axis(1, within), rows, columns);
    }

    /** The matrices of one sequence. */
    Heads ofOneSequence() {
      return new Heads(new Axis(1, sequences.stride()), heads, rows, columns);
    }

    /** Whether something else lies between the numbers. */
    boolean hasGaps() {
      long dense = 1;
      List<Axis> inward =
          Stream.of(sequences, heads, rows, columns)
              .filter(axis -> axis.size() > 1)
              .sorted(Comparator.comparingLong(Axis::stride))
              .toList();
      for (Axis axis : inward) {
        if (axis.stride() != dense) {
          return true;
        }
        dense = axis.extent();
      }
      return false;
    }

    /** Bytes before a matrix of the batch. */
    long offset(long sequence, long head) {
      return (sequence * sequences.stride() + head * heads.stride()) * Float.BYTES;
    }

    memory.desc layout() {
      return Native.strided(
          memory.data_type.f32,
          new long[] {sequences.size(), heads.size(), rows.size(), columns.size()},
          new long[] {sequences.stride(), heads.stride(), rows.stride(), columns.stride()});
    }
  }

  /** The size of a dimension, and its stride in elements. */
  record Axis(long size, long stride) {
    long extent() {
      return size * stride;
    }
  }

  static void run(BatchProduct product, long a, long b, long out) {
    if (product.matricesMayMix()) {
      Primitive one = Primitives.of(product.ofOneMatrix(), BatchProduct::compile);
      for (long sequence = 0; sequence < product.out.sequences.size(); sequence++) {
        for (long head = 0; head < product.out.heads.size(); head++) {
          one.run(
              a + product.a.offset(sequence, head),
              b + product.b.offset(sequence, head),
              out + product.out.offset(sequence, head));
        }
      }
    } else if (product.sequencesMayMix()) {
      BatchProduct one = product.ofOneSequence();
      for (long sequence = 0; sequence < product.out.sequences.size(); sequence++) {
        run(
            one,
            a + product.a.offset(sequence, 0),
            b + product.b.offset(sequence, 0),
            out + product.out.offset(sequence, 0));
      }
    } else {
      Primitives.of(product, BatchProduct::compile).run(a, b, out);
    }
  }

  /**
   * oneDNN 3.11 reads wrong rows of b where a product sums one or two terms and there are gaps
   * between b's matrices, as there are for one or two queries whose heads share those of the keys.
   */
  private boolean matricesMayMix() {
    return b.rows.size() <= 2 && b.sequences.size() * b.heads.size() > 1;
  }

  /**
   * oneDNN 3.11 takes one dimension for another where there are gaps between matrices: as many
   * queries as sequences whose heads share those of the keys, or, of GPT-2, queries, keys and
   * values side by side in one map.
   */
  private boolean sequencesMayMix() {
    return out.sequences.size() > 1 && (a.hasGaps() || b.hasGaps() || out.hasGaps());
  }

  private BatchProduct ofOneMatrix() {
    return new BatchProduct(a.alone(), b.alone(), out.alone(), alpha, accumulate);
  }

  private BatchProduct ofOneSequence() {
    return new BatchProduct(
        a.ofOneSequence(), b.ofOneSequence(), out.ofOneSequence(), alpha, accumulate);
  }

  Primitive compile() {
    try (memory.desc left = a.layout();
        memory.desc right = b.layout();
        memory.desc result = out.layout();
        primitive_attr attributes = MatrixProduct.attributes(alpha, accumulate);
        matmul.primitive_desc description =
            new matmul.primitive_desc(Native.ENGINE, left, right, result, attributes, false)) {
      return new Primitive(new matmul(description), description.scratchpad_desc())
          .argument(DNNL_ARG_SRC, left)
          .argument(DNNL_ARG_WEIGHTS, right)
          .argument(DNNL_ARG_DST, result);
    }
  }
}
