package org.peft4j.onednn.internal.operation;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.ScratchScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/**
 * {@code out = alpha·(a·b (+ bias)) (+ out)}.
 *
 * @param a [m, k]
 * @param b [k, n]
 * @param out [m, n], row-major
 * @param accumulate whether to add to out
 * @param bias whether there is a bias [n]
 * @param operands what a and b are held in
 */
public record MatrixProduct(
    MatrixLayout a,
    MatrixLayout b,
    MatrixLayout out,
    float alpha,
    boolean accumulate,
    boolean bias,
    Operands operands) {

  /** The same with a first operand in BFLOAT16, too. */
  public MatrixProduct ofHalves(MatrixLayout first) {
    return new MatrixProduct(first, b, out, alpha, accumulate, bias, Operands.HALF);
  }

  public static void run(MatrixProduct product, long... addresses) {
    if (product.overrunsScratchpad()) {
      product.multiplyThenAdd(addresses);
    } else if (ColumnParts.takes(product)) {
      ColumnParts.run(product, addresses);
    } else if (Gemm.takes(product)) {
      Gemm.run(product, addresses);
    } else {
      Primitives.of(product, MatrixProduct::compile).run(addresses);
    }
  }

  /**
   * oneDNN 3.11 writes behind its scratchpad where it adds the product of a single row in single
   * precision with a long b in dense columns.
   */
  private boolean overrunsScratchpad() {
    return accumulate && operands != Operands.HALF && a.rows() == 1 && !b.rowMajor();
  }

  private void multiplyThenAdd(long... addresses) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray sum = scratch.array(DataType.FLOAT, out.columns());
      long[] apart = addresses.clone();
      apart[2] = Address.of(sum);
      run(new MatrixProduct(a, b, out, alpha, false, bias, operands), apart);
      long[] shape = {out.columns()};
      Pointwise.add(addresses[2], shape, apart[2], shape);
    }
  }

  /** The arguments in their order: a, b, out, and the bias. */
  Primitive compile() {
    try (memory.desc left = Native.strided(operands.first, a.dimensions(), a.strides());
        memory.desc right = Native.strided(operands.second, b.dimensions(), b.strides());
        memory.desc result = Native.strided(memory.data_type.f32, out.dimensions(), out.strides());
        memory.desc added = Native.dense(1, out.columns());
        primitive_attr attributes = attributes(alpha, accumulate);
        matmul.primitive_desc description =
            bias
                ? new matmul.primitive_desc(
                    Native.ENGINE, left, right, added, result, attributes, false)
                : new matmul.primitive_desc(
                    Native.ENGINE, left, right, result, attributes, false)) {
      Primitive primitive =
          new Primitive(new matmul(description), description.scratchpad_desc())
              .argument(DNNL_ARG_SRC, left)
              .argument(DNNL_ARG_WEIGHTS, right)
              .argument(DNNL_ARG_DST, result);
      return bias ? primitive.argument(DNNL_ARG_BIAS, added) : primitive;
    }
  }

  static primitive_attr attributes(float alpha, boolean accumulate) {
    primitive_attr attributes = new primitive_attr();
    try (post_ops after = new post_ops()) {
      if (alpha != 1) {
        after.append_eltwise(dnnl.algorithm.eltwise_linear, alpha, 0);
      }
      if (accumulate) {
        after.append_sum();
      }
      attributes.set_post_ops(after);
    }
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    return attributes;
  }
}
