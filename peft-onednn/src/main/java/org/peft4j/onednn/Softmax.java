package org.peft4j.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/** Softmax of each row of a dense matrix, in place. */
final class Softmax {
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

  private record Backward(long rows, long columns) {
    Primitive compile() {
      try (memory.desc layout = Native.dense(rows, columns);
          softmax_forward.primitive_desc forward =
              description(dnnl.algorithm.softmax_accurate, layout);
          softmax_backward.primitive_desc description =
              new softmax_backward.primitive_desc(
                  Native.ENGINE,
                  dnnl.algorithm.softmax_accurate,
                  layout,
                  layout,
                  layout,
                  1,
                  forward)) {
        return new Primitive(new softmax_backward(description))
            .argument(DNNL_ARG_DST, layout)
            .argument(DNNL_ARG_DIFF_DST, layout)
            .argument(DNNL_ARG_DIFF_SRC, layout);
      }
    }
  }

  private Softmax() {}

  private static softmax_forward.primitive_desc description(dnnl.algorithm f, memory.desc layout) {
    return new softmax_forward.primitive_desc(
        Native.ENGINE, dnnl.prop_kind.forward_training, f, layout, layout, 1);
  }

  static void apply(long x, long rows, long columns) {
    Primitives.of(new Forward(rows, columns), Forward::compile).run(x, x);
  }

  static void logarithm(long x, long rows, long columns) {
    Primitives.of(new Logarithm(rows, columns), Logarithm::compile).run(x, x);
  }

  /** {@code dx = y·(dx − rowsum(y·dx))}, where y is the softmax. */
  static void gradient(long y, long dx, long rows, long columns) {
    Primitives.of(new Backward(rows, columns), Backward::compile).run(y, dx, dx);
  }
}
