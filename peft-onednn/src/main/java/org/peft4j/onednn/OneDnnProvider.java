package org.peft4j.onednn;

import java.util.Optional;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.KernelsProvider;
import org.peft4j.onednn.internal.Native;

/** Provides oneDNN kernels if ND4J computes on the CPU. */
public final class OneDnnProvider implements KernelsProvider {
  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public Optional<Kernels> create() {
    if (Nd4j.getExecutioner().type() != ExecutionerType.NATIVE_CPU) {
      return Optional.empty();
    }
    Native.load();
    return Optional.of(new OneDnnKernels());
  }
}
