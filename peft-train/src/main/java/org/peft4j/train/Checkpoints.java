package org.peft4j.train;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.PeftModel;
import org.peft4j.train.internal.CheckpointFolder;

/**
 * The checkpoints of a training: folders {@code checkpoint-<step>} in one folder. Each appears as a
 * whole, when all of it is written. A checkpoint holds the adapters as {@link PeftModel#save}
 * writes them, {@code optimizer.safetensors} and {@code training_state.json}.
 */
public final class Checkpoints {
  private Checkpoints() {}

  /** The checkpoint of the highest step in a folder, if there is one. */
  public static Optional<Path> latest(Path folder) {
    return CheckpointFolder.latest(folder);
  }

  /** Whether a folder is a checkpoint of a training. */
  public static boolean is(Path folder) {
    return CheckpointFolder.isCheckpoint(folder);
  }
}
