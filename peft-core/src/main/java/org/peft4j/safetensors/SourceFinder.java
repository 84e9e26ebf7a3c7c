package org.peft4j.safetensors;

import java.nio.file.Files;
import java.nio.file.Path;

/** Tells a single file, an index and a checkpoint folder apart. */
final class SourceFinder {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private SourceFinder() {}

  static TensorSource open(Path path, SafetensorsLimits limits) {
    if (!Files.isDirectory(path)) {
      return openFile(path, limits);
    }
    Path single = path.resolve(SINGLE);
    Path index = path.resolve(INDEX);
    if (Files.exists(single)) {
      return openFile(single, limits);
    }
    if (Files.exists(index)) {
      return openFile(index, limits);
    }
    throw SafetensorsException.inFile(
        path, "the folder holds neither " + SINGLE + " nor " + INDEX + "; give the file itself.");
  }

  private static TensorSource openFile(Path file, SafetensorsLimits limits) {
    return file.toString().endsWith(".index.json")
        ? ShardedSafetensors.open(file, limits)
        : SafetensorsFile.open(file, limits);
  }
}
