package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.DType;

/** The types of written weights, and their names in {@code config.json}. */
final class DtypeNames {
  private DtypeNames() {}

  static DType require(DType type) {
    name(type);
    return type;
  }

  private static String name(DType type) {
    return switch (type) {
      case F32 -> "float32";
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      default ->
          throw new PeftException(
              "dtype of a checkpoint is " + type + "; allowed: F32, F16, BF16.");
    };
  }

  /**
   * Sets the field for the type; keeps the spelling of transformers 4 or 5 if the config has one.
   */
  static void put(ObjectNode config, DType type) {
    String field = config.has("torch_dtype") && !config.has("dtype") ? "torch_dtype" : "dtype";
    config.put(field, name(type));
    if (config.has("torch_dtype")) {
      config.put("torch_dtype", name(type));
    }
  }
}
