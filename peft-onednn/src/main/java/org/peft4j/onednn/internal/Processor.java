package org.peft4j.onednn.internal;

import org.bytedeco.dnnl.global.dnnl;

/** What oneDNN computes with on this processor. */
public final class Processor {
  /**
   * Whether products in BFLOAT16 are faster than those in single precision. Processors that also
   * calculate in FP16, Intel's since Sapphire Rapids, need twice as long for them where their
   * matrix units (AMX) are not to be had, as in many virtual machines.
   */
  public static final boolean HALF =
      has(dnnl.cpu_isa.avx512_core_bf16)
          && (has(dnnl.cpu_isa.avx512_core_amx) || !has(dnnl.cpu_isa.avx512_core_fp16));

  /** Whether vectors have 512 bits. */
  public static final boolean WIDE = has(dnnl.cpu_isa.avx512_core);

  /** Columns that oneDNN 3.11 widens at a time where vectors have 256 bits, no fewer. */
  private static final int WIDENED = 8;

  private Processor() {}

  /**
   * Whether oneDNN widens a BFLOAT16 matrix of so many columns block by block in a product with one
   * in single precision, and does not fall back on its reference, which is slow.
   */
  public static boolean widens(long columns) {
    return WIDE || (has(dnnl.cpu_isa.avx2) && columns % WIDENED == 0);
  }

  public static boolean has(dnnl.cpu_isa needed) {
    return (dnnl.get_effective_cpu_isa().value & needed.value) == needed.value;
  }
}
