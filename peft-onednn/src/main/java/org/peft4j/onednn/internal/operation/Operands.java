package org.peft4j.onednn.internal.operation;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory.data_type;

/** What the operands of a product are held in. Its result and its bias are FLOAT. */
public enum Operands {
  /** Both in FLOAT. */
  SINGLE(data_type.f32, data_type.f32),

  /**
   * The second in BFLOAT16. oneDNN widens blocks of it while it copies them into its order, which
   * is exact, and multiplies in single precision.
   */
  WIDENED(data_type.f32, data_type.bf16),

  /** Both in BFLOAT16; products are summed in single precision. */
  HALF(data_type.bf16, data_type.bf16);

  final memory.data_type first;
  final memory.data_type second;

  Operands(data_type first, data_type second) {
    this.first = first;
    this.second = second;
  }
}
