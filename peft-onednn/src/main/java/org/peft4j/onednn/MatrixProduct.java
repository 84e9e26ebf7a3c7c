package org.peft4j.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/**
 * {@code out = alpha·a·b (+ bias) (+ out)}.
 *
 * @param a [m, k]
 * @param b [k, n]
 * @param out [m, n], row-major
 * @param accumulate whether to add to out
 * @param bias whether there is a bias [n]
 * @param half whether a and b are BFLOAT16
 */
record MatrixProduct(
    MatrixLayout a,
    MatrixLayout b,
    MatrixLayout out,
    float alpha,
    boolean accumulate,
    boolean bias,
    boolean half) {

  static void run(MatrixProduct product, long... addresses) {
    Primitives.of(product, MatrixProduct::compile).run(addresses);
  }

  /** The arguments in their order: a, b, out, and the bias. */
  Primitive compile() {
    memory.data_type type = half ? memory.data_type.bf16 : memory.data_type.f32;
    try (memory.desc left = Native.strided(type, a.dimensions(), a.strides());
        memory.desc right = Native.strided(type, b.dimensions(), b.strides());
        memory.desc result = Native.strided(memory.data_type.f32, out.dimensions(), out.strides());
        memory.desc added = Native.dense(1, out.columns());
        primitive_attr attributes = attributes(alpha, accumulate);
        matmul.desc operation =
            bias
                ? new matmul.desc(left, right, added, result)
                : new matmul.desc(left, right, result);
        matmul.primitive_desc description =
            new matmul.primitive_desc(operation, attributes, Native.ENGINE)) {
      Primitive primitive =
          new Primitive(new matmul(description))
              .argument(DNNL_ARG_SRC, left)
              .argument(DNNL_ARG_WEIGHTS, right)
              .argument(DNNL_ARG_DST, result);
      return bias ? primitive.argument(DNNL_ARG_BIAS, added) : primitive;
    }
  }

  static primitive_attr attributes(float alpha, boolean accumulate) {
    primitive_attr attributes = new primitive_attr();
    if (alpha != 1) {
      attributes.set_output_scales(0, new float[] {alpha});
    }
    if (accumulate) {
      try (post_ops after = new post_ops()) {
        after.append_sum();
        attributes.set_post_ops(after);
      }
    }
    return attributes;
  }
}
