package org.peft4j.onednn.internal.operation;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;
import org.peft4j.onednn.internal.Primitives;

/** Copies a matrix to a dense one in BFLOAT16. */
public record Narrowing(MatrixLayout from) {
  public static void run(MatrixLayout from, long source, long target) {
    Primitives.of(new Narrowing(from), Narrowing::compile).run(source, target);
  }

  Primitive compile() {
    try (memory.desc source =
            Native.strided(memory.data_type.f32, from.dimensions(), from.strides());
        memory.desc target =
            Native.strided(
                memory.data_type.bf16, from.dimensions(), new long[] {from.columns(), 1});
        reorder.primitive_desc description =
            new reorder.primitive_desc(Native.ENGINE, source, Native.ENGINE, target)) {
      return new Primitive(new reorder(description))
          .argument(DNNL_ARG_FROM, source)
          .argument(DNNL_ARG_TO, target);
    }
  }
}
