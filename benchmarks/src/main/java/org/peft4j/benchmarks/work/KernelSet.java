package org.peft4j.benchmarks.work;

import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;

/** The kernels that models compute with here. */
public final class KernelSet {
  private KernelSet() {}

  /** The kernels. */
  public static Kernels kernels() {
    return new Nd4jKernels();
  }
}
