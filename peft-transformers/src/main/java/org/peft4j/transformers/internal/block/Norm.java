package org.peft4j.transformers.internal.block;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.NormModule;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/** A norm before or after a part of a block. */
record Norm(NormModule module) {
  static @Nullable Norm of(Optional<NormPart> part, Modules modules) {
    return part.map(p -> new Norm(modules.norm(p))).orElse(null);
  }

  /** Whether there is a norm and adapters act on it now. */
  static boolean acts(@Nullable Norm norm) {
    return norm != null && norm.module().acts();
  }

  boolean acts() {
    return module.acts();
  }

  /** Memory for the statistics that the backward pass needs beside x [rows, width]. */
  INDArray statistics(INDArray x, CallMemory memory) {
    return memory.keptExactly(module.statistics(), x.size(0));
  }

  /** Writes y and the statistics; returns y. */
  INDArray forward(Pass pass, INDArray x, INDArray y, INDArray statistics) {
    module.forward(pass, x, y, statistics);
    return y;
  }

  /** Computes the result again, which costs less than keeping it. */
  INDArray again(Pass pass, INDArray x, CallMemory memory) {
    INDArray statistics = memory.temporary(module.statistics(), x.size(0));
    return forward(pass, x, memory.temporary(x.shape()), statistics);
  }

  /** See {@link NormModule#backward}. */
  void backward(Pass pass, INDArray x, INDArray statistics, INDArray dy, @Nullable INDArray dx) {
    module.backward(pass, x, statistics, dy, dx);
  }
}
