package org.peft4j.onednn.internal.operation;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/** Elementwise operations. Results may overwrite operands. */
public final class Pointwise {
  /** {@code y = f(x)} over {@code count} elements. */
  private record Forward(dnnl.algorithm f, float alpha, float beta, long count) {
    Primitive compile() {
      try (memory.desc layout = Native.dense(count);
          eltwise_forward.primitive_desc description = description(f, alpha, beta, layout)) {
        return new Primitive(new eltwise_forward(description))
            .argument(DNNL_ARG_SRC, layout)
            .argument(DNNL_ARG_DST, layout);
      }
    }
  }

  /** {@code dx = dy·f'(x)}; {@code given} says whether f' comes from x or from {@code y = f(x)}. */
  private record Backward(dnnl.algorithm f, float alpha, int given, long count) {
    Primitive compile() {
      try (memory.desc layout = Native.dense(count);
          eltwise_forward.primitive_desc forward = description(f, alpha, 0, layout);
          eltwise_backward.primitive_desc description =
              new eltwise_backward.primitive_desc(
                  Native.ENGINE, f, layout, layout, layout, alpha, 0, forward)) {
        return new Primitive(new eltwise_backward(description))
            .argument(given, layout)
            .argument(DNNL_ARG_DIFF_DST, layout)
            .argument(DNNL_ARG_DIFF_SRC, layout);
      }
    }
  }

  /** {@code y = a ∘ b}; repeats b along its dimensions of size 1. */
  private record Binary(dnnl.algorithm f, List<Long> shape, List<Long> repeated) {
    Primitive compile() {
      try (memory.desc layout = Native.dense(array(shape));
          memory.desc second = Native.dense(array(repeated));
          binary.primitive_desc description =
              new binary.primitive_desc(Native.ENGINE, f, layout, second, layout)) {
        return new Primitive(new binary(description))
            .argument(DNNL_ARG_SRC_0, layout)
            .argument(DNNL_ARG_SRC_1, second)
            .argument(DNNL_ARG_DST, layout);
      }
    }
  }

  private Pointwise() {}

  private static eltwise_forward.primitive_desc description(
      dnnl.algorithm f, float alpha, float beta, memory.desc layout) {
    return new eltwise_forward.primitive_desc(
        Native.ENGINE, dnnl.prop_kind.forward_training, f, layout, layout, alpha, beta);
  }

  /** {@code y = f(x)}; alpha is a parameter of f. */
  public static void apply(dnnl.algorithm f, float alpha, float beta, long x, long y, long count) {
    Primitives.of(new Forward(f, alpha, beta, count), Forward::compile).run(x, y);
  }

  /** {@code dx = dy·f'(x)}. */
  public static void gradient(dnnl.algorithm f, float alpha, long x, long dy, long dx, long count) {
    Backward backward = new Backward(f, alpha, DNNL_ARG_SRC, count);
    Primitives.of(backward, Backward::compile).run(x, dy, dx);
  }

  /** {@code dx = dy·f'}, with f' from {@code y = f(x)}: f is one of {@code …_use_dst_for_bwd}. */
  public static void gradientByResult(dnnl.algorithm f, long y, long dy, long dx, long count) {
    Backward backward = new Backward(f, 0, DNNL_ARG_DST, count);
    Primitives.of(backward, Backward::compile).run(y, dy, dx);
  }

  /** {@code y = a·b}. */
  public static void multiply(long a, long b, long y, long count) {
    List<Long> shape = List.of(count);
    Primitives.of(new Binary(dnnl.algorithm.binary_mul, shape, shape), Binary::compile)
        .run(a, b, y);
  }

  /** {@code a += b}; repeats b along its dimensions of size 1. */
  public static void add(long a, long[] shape, long b, long[] repeated) {
    Binary add = new Binary(dnnl.algorithm.binary_add, list(shape), list(repeated));
    Primitives.of(add, Binary::compile).run(a, b, a);
  }

  /** {@code rows += bias}: rows [n, m], possibly with gaps between them, and a dense bias [m]. */
  public static void add(INDArray rows, INDArray bias) {
    add(Address.of(rows), rows.shape(), Address.of(bias), new long[] {1, rows.size(1)});
  }

  private static List<Long> list(long[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  private static long[] array(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
