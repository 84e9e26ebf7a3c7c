package org.peft4j.onednn.internal.operation;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reduction;
import org.bytedeco.dnnl.softmax_forward;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/** Softmax of each row of a dense matrix, in place. */
public final class Softmax {
  private record Forward(long rows, long columns) {
    Primitive compile() {
      try (memory.desc layout = Native.dense(rows, columns);
          softmax_forward.primitive_desc description =
              description(dnnl.algorithm.softmax_accurate, layout)) {
        return new Primitive(new softmax_forward(description))
            .argument(DNNL_ARG_SRC, layout)
            .argument(DNNL_ARG_DST, layout);
      }
    }
  }

  private record Logarithm(long rows, long columns) {
    Primitive compile() {
      try (memory.desc layout = Native.dense(rows, columns);
          softmax_forward.primitive_desc description =
              description(dnnl.algorithm.softmax_log, layout)) {
        return new Primitive(new softmax_forward(description))
            .argument(DNNL_ARG_SRC, layout)
            .argument(DNNL_ARG_DST, layout);
      }
    }
  }

  private record Largest(long rows, long columns) {
    Primitive compile() {
      try (memory.desc matrix = Native.dense(rows, columns);
          memory.desc column = Native.dense(rows, 1);
          reduction.primitive_desc description =
              new reduction.primitive_desc(
                  Native.ENGINE, dnnl.algorithm.reduction_max, matrix, column, 0, 0)) {
        return new Primitive(new reduction(description))
            .argument(DNNL_ARG_SRC, matrix)
            .argument(DNNL_ARG_DST, column);
      }
    }
  }

  private Softmax() {}

  private static softmax_forward.primitive_desc description(dnnl.algorithm f, memory.desc layout) {
    return new softmax_forward.primitive_desc(
        Native.ENGINE, dnnl.prop_kind.forward_training, f, layout, layout, 1);
  }

  public static void apply(long x, long rows, long columns) {
    Primitives.of(new Forward(rows, columns), Forward::compile).run(x, x);
  }

  public static void logarithm(long x, long rows, long columns) {
    Primitives.of(new Logarithm(rows, columns), Logarithm::compile).run(x, x);
  }

  /** The largest number of each row, {@code largest} [rows]. */
  public static void largest(long x, long rows, long columns, long largest) {
    if (columns == 1) { // oneDNN refuses a reduction of nothing.
      Pointwise.apply(dnnl.algorithm.eltwise_linear, 1, 0, x, largest, rows);
    } else {
      Primitives.of(new Largest(rows, columns), Largest::compile).run(x, largest);
    }
  }
}
