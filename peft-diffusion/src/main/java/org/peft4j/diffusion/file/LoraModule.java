package org.peft4j.diffusion.file;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/** The tensors of one module while a file is read. */
final class LoraModule {
  private @Nullable INDArray a;
  private @Nullable INDArray b;
  private @Nullable INDArray magnitude;
  private @Nullable Double alpha;

  void put(LoraTensor.Kind kind, INDArray values) {
    switch (kind) {
      case A -> a = values;
      case B -> b = values;
      case MAGNITUDE -> magnitude = values;
      case ALPHA -> alpha = values.getDouble(0);
    }
  }

  private static INDArray require(@Nullable INDArray values, String what, String module) {
    if (values == null) {
      throw new PeftException("The file has no " + what + " of " + module + ".");
    }
    return values;
  }

  INDArray a(String module) {
    return require(a, "lora_A (down)", module);
  }

  INDArray b(String module) {
    return require(b, "lora_B (up)", module);
  }

  @Nullable INDArray magnitude() {
    return magnitude;
  }

  int rank(String module) {
    return (int) a(module).size(0);
  }

  /** The numerator of the scale; the rank where the file has none, so that the scale is 1. */
  double alpha(String module) {
    return alpha == null ? rank(module) : alpha;
  }
}
