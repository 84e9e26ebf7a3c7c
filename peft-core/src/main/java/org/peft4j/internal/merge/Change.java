package org.peft4j.internal.merge;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.Replacement;

/**
 * A merged value that waits to replace a weight.
 *
 * @param value in the weight's shape
 * @param adapter the names of the adapters in it
 * @param site the site's name
 * @param parameter the parameter's name there
 */
record Change(FrozenWeight weight, INDArray value, String adapter, String site, String parameter) {
  private String what() {
    return site + "." + parameter;
  }

  void requireFinite() {
    if (!Finite.all(value)) {
      throw new PeftException(
          "Merging adapter \""
              + adapter
              + "\" makes "
              + what()
              + " infinite or NaN; nothing was changed. The adapter is broken.");
    }
  }

  /** Replaces the weight. */
  Replacement apply() {
    try {
      return weight.replace(value);
    } catch (PeftException e) {
      throw new PeftException(
          "Adapter \""
              + adapter
              + "\" cannot be merged into "
              + what()
              + ", which is held in "
              + weight.format()
              + ": "
              + e.getMessage()
              + " Nothing was changed. Leave the adapter active, or load the model in FP32.",
          e);
    }
  }
}
