package org.peft4j.onednn.internal.operation;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/**
 * Copies that many numbers in single precision to BFLOAT16, rounding to the nearest, or back. Where
 * the processor has an instruction for it, numbers below 1.2e-38 become 0.
 *
 * @param narrows whether to BFLOAT16
 */
public record Conversion(long count, boolean narrows) {
  /** Whether both are dense matrices of the same shape, one in FLOAT and one in BFLOAT16. */
  public static boolean possible(INDArray from, INDArray to) {
    return from.equalShapes(to)
        && dense(from)
        && dense(to)
        && (from.dataType() == DataType.FLOAT && to.dataType() == DataType.BFLOAT16
            || from.dataType() == DataType.BFLOAT16 && to.dataType() == DataType.FLOAT);
  }

  private static boolean dense(INDArray x) {
    return x.rank() == 2
        && x.length() > 0
        && x.stride(1) == 1
        && (x.size(0) == 1 || x.stride(0) == x.size(1));
  }

  /** Copies the numbers of dense arrays. */
  public static void run(INDArray from, INDArray to) {
    Primitives.of(
            new Conversion(from.length(), to.dataType() == DataType.BFLOAT16), Conversion::compile)
        .run(Address.of(from), Address.of(to));
  }

  Primitive compile() {
    long[] one = {1};
    long[] length = {count};
    try (memory.desc wide = Native.strided(memory.data_type.f32, length, one);
        memory.desc narrow = Native.strided(memory.data_type.bf16, length, one)) {
      memory.desc source = narrows ? wide : narrow;
      memory.desc target = narrows ? narrow : wide;
      try (reorder.primitive_desc description =
          new reorder.primitive_desc(Native.ENGINE, source, Native.ENGINE, target)) {
        return new Primitive(new reorder(description))
            .argument(DNNL_ARG_FROM, source)
            .argument(DNNL_ARG_TO, target);
      }
    }
  }
}
