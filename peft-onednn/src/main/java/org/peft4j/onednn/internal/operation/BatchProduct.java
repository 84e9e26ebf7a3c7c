package org.peft4j.onednn.internal.operation;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/** {@code out = f(alpha·a·b)} for each matrix of a batch: the heads of an attention. */
public record BatchProduct(Heads a, Heads b, Heads out, float alpha, After after) {
  /** What happens to a product. */
  public enum After {
    NOTHING,
    /** Adds it to the result. */
    ADD,
    /** {@code exp}. */
    EXP,
    /** Multiplies it with a fourth argument, which has the result's layout. */
    TIMES
  }

  /**
   * A matrix for each head.
   *
   * @param heads the number of heads, and the stride between them in elements
   * @param rows likewise
   * @param half whether numbers are BFLOAT16, and not in single precision
   */
  public record Heads(Axis heads, Axis rows, Axis columns, boolean half) {
    public Heads {
      if (heads.size() == 1) {
        heads = new Axis(1, Math.max(rows.extent(), columns.extent()));
      }
    }

    /** In single precision. */
    public Heads(Axis heads, Axis rows, Axis columns) {
      this(heads, rows, columns, false);
    }

    public Heads transposed() {
      return new Heads(heads, columns, rows, half);
    }

    /** The first of the columns. */
    public Heads firstColumns(int count) {
      return new Heads(heads, rows, new Axis(count, columns.stride()), half);
    }

    /** Of a number. */
    public int bytes() {
      return half ? Short.BYTES : Float.BYTES;
    }

    /** One matrix of the batch. */
    Heads alone() {
      return new Heads(new Axis(1, 0), rows, columns, half);
    }

    memory.desc layout() {
      return Native.strided(
          half ? memory.data_type.bf16 : memory.data_type.f32,
          new long[] {heads.size(), rows.size(), columns.size()},
          new long[] {heads.stride(), rows.stride(), columns.stride()});
    }
  }

  /** The size of a dimension, and its stride in elements. */
  public record Axis(long size, long stride) {
    long extent() {
      return size * stride;
    }
  }

  /**
   * Products of dense matrices that follow each other in memory: a [count, rows, sums], b [count,
   * sums, columns] or {@code transposed} of it, and out [count, rows, columns].
   */
  public static BatchProduct dense(
      long count, long rows, long columns, long sums, boolean transposed) {
    Axis of = new Axis(sums, transposed ? 1 : columns);
    Axis to = new Axis(columns, transposed ? sums : 1);
    return new BatchProduct(
        new Heads(new Axis(count, rows * sums), new Axis(rows, sums), new Axis(sums, 1)),
        new Heads(new Axis(count, sums * columns), of, to),
        new Heads(new Axis(count, rows * columns), new Axis(rows, columns), new Axis(columns, 1)),
        1,
        After.NOTHING);
  }

  /** Runs a product on the addresses of a, b, out and, to multiply with, another. */
  public static void run(BatchProduct product, long... addresses) {
    if (Gemm.takes(product)) {
      Gemm.run(product, addresses);
      return;
    }
    if (!product.matricesMayMix()) {
      Primitives.of(product, BatchProduct::compile).run(addresses);
      return;
    }
    Primitive one = Primitives.of(product.ofOneMatrix(), BatchProduct::compile);
    Heads[] layouts = {product.a, product.b, product.out, product.out};
    for (long head = 0; head < product.out.heads.size(); head++) {
      long[] own = addresses.clone();
      for (int i = 0; i < own.length; i++) {
        own[i] += head * layouts[i].heads.stride() * layouts[i].bytes();
      }
      one.run(own);
    }
  }

  /** Whether all of its matrices are in single precision. */
  boolean single() {
    return !a.half && !b.half && !out.half;
  }

  /**
   * oneDNN 3.11 reads wrong rows of b where a product sums one or two terms and there are gaps
   * between b's matrices, as there are for one or two queries whose heads share those of the keys.
   */
  private boolean matricesMayMix() {
    return b.rows.size() <= 2 && b.heads.size() > 1;
  }

  private BatchProduct ofOneMatrix() {
    return new BatchProduct(a.alone(), b.alone(), out.alone(), alpha, after);
  }

  Primitive compile() {
    try (memory.desc left = a.layout();
        memory.desc right = b.layout();
        memory.desc result = out.layout();
        primitive_attr attributes = attributes(result);
        matmul.primitive_desc description =
            new matmul.primitive_desc(Native.ENGINE, left, right, result, attributes, false)) {
      Primitive primitive =
          new Primitive(new matmul(description), description.scratchpad_desc())
              .argument(DNNL_ARG_SRC, left)
              .argument(DNNL_ARG_WEIGHTS, right)
              .argument(DNNL_ARG_DST, result);
      return after == After.TIMES
          ? primitive.argument(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1, result)
          : primitive;
    }
  }

  private primitive_attr attributes(memory.desc result) {
    if (after != After.EXP && after != After.TIMES) {
      return MatrixProduct.attributes(alpha, after == After.ADD);
    }
    primitive_attr attributes = new primitive_attr();
    try (post_ops operations = new post_ops()) {
      if (after == After.EXP) {
        operations.append_eltwise(dnnl.algorithm.eltwise_exp, 0, 0);
      } else {
        operations.append_binary(dnnl.algorithm.binary_mul, result);
      }
      attributes.set_post_ops(operations);
      attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    }
    return attributes;
  }
}
