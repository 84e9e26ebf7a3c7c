package org.peft4j.onednn;

import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;

/** What computes the arrays that the kernels of this package do not take. */
final class Portable {
  static final Kernels PORTABLE = new Nd4jKernels();

  private Portable() {}
}
