package org.peft4j.internal.quantized.stored;

import java.util.Map;
import org.peft4j.safetensors.TensorSource;

/** A form in which checkpoints hold weights in fewer bits. */
public interface StoredWeights {
  /**
   * The weights of that form, by their names: {@code model.layers.0.mlp.up_proj.weight}.
   *
   * @throws org.peft4j.error.PeftException if one is incomplete, or of sizes that do not fit
   */
  Map<String, StoredWeight> in(TensorSource source);
}
