package org.peft4j.transformers.inspection;

import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;

/**
 * Describes the model, adapter or tensors at a path. Reads only configs and headers, no weights, so
 * size does not matter.
 */
public final class Inspection {
  private Inspection() {}

  /**
   * Describes a model folder, an adapter folder, a safetensors file, or the index of several.
   *
   * @throws PeftException if {@code path} is none of them, or a file breaks a rule of its format
   */
  public static Description of(Path path) {
    if (!Files.exists(path)) {
      throw new PeftException("There is nothing at " + path + ".");
    }
    if (!Files.isDirectory(path)) {
      return new TensorsDescription(TensorTable.read(path));
    }
    if (Files.exists(path.resolve(AdapterFiles.CONFIG))
        || Files.exists(AdapterFiles.weights(path))) {
      return AdapterDescription.read(path);
    }
    if (Files.exists(path.resolve("config.json"))) {
      return ModelDescription.read(path);
    }
    throw new PeftException(
        path
            + " holds neither a config.json nor an "
            + AdapterFiles.CONFIG
            + ". Give a model folder, an adapter folder or a safetensors file.");
  }
}
