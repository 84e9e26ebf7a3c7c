package org.peft4j.internal.torch;

import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.safetensors.SafetensorsLimits;
import org.peft4j.safetensors.ShardedSafetensors;
import org.peft4j.safetensors.TensorSource;

/**
 * Opens weights: safetensors, or where there are none, files of {@code torch.save}, which end in
 * {@code .bin}.
 */
public final class WeightFiles {
  /** The ending of files of {@code torch.save}. */
  public static final String PICKLED = ".bin";

  private static final String SINGLE = "pytorch_model" + PICKLED;
  private static final String INDEX = SINGLE + ".index.json";

  private WeightFiles() {}

  /**
   * Opens a file, the index of a sharded checkpoint, or the weights in a checkpoint's folder.
   *
   * @throws org.peft4j.error.PeftException if there are none, or a file breaks a rule of its format
   */
  public static TensorSource open(Path folderOrFile) {
    return openFile(hasPickled(folderOrFile) ? pickled(folderOrFile) : folderOrFile);
  }

  private static TensorSource openFile(Path file) {
    String name = file.toString();
    if (name.endsWith(PICKLED)) {
      return TorchFile.open(file);
    }
    return name.endsWith(INDEX)
        ? ShardedSafetensors.open(file, SafetensorsLimits.defaults(), PICKLED, TorchFile::open)
        : TensorSource.open(file);
  }

  /** Whether {@code folder} has the weights of a checkpoint. */
  public static boolean present(Path folder) {
    return safetensors(folder) || hasPickled(folder);
  }

  /** Whether the weights of the checkpoint in {@code folder} are safetensors. */
  public static boolean safetensors(Path folder) {
    return Files.exists(folder.resolve("model.safetensors"))
        || Files.exists(folder.resolve("model.safetensors.index.json"));
  }

  private static boolean hasPickled(Path folder) {
    return !safetensors(folder) && Files.exists(pickled(folder));
  }

  private static Path pickled(Path folder) {
    Path single = folder.resolve(SINGLE);
    return Files.exists(single) ? single : folder.resolve(INDEX);
  }
}
