package org.peft4j.onednn.internal;

import org.bytedeco.dnnl.global.dnnl;

/** What oneDNN computes with on this processor. */
public final class Processor {
  /** Whether there are BFLOAT16 products. */
  public static final boolean HALF = has(dnnl.cpu_isa.avx512_core_bf16);

  /** Whether vectors have 512 bits. */
  public static final boolean WIDE = has(dnnl.cpu_isa.avx512_core);

  private Processor() {}

  public static boolean has(dnnl.cpu_isa needed) {
    return (dnnl.get_effective_cpu_isa().value & needed.value) == needed.value;
  }
}
