package org.peft4j.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.json.JsonWriter;

/**
 * Where a training stands, and which training it is: {@code training_state.json} of a checkpoint.
 *
 * @param step steps made
 * @param active the adapters that train
 * @param settings the numbers of the training
 * @param dataChecksum of the training data
 * @param maskSeed of the random masks
 * @param maskPasses masks drawn so far
 */
record TrainingPosition(
    long step,
    List<String> active,
    FineTuningSettings settings,
    long dataChecksum,
    long maskSeed,
    long maskPasses) {
  static final String FILE = "training_state.json";

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  void write(Path folder) {
    JsonWriter.write(folder.resolve(FILE), this);
  }

  static TrainingPosition read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw new PeftException(
          folder + " is not a checkpoint of a training: it has no " + FILE + ".");
    }
    return JSON.read(file, TrainingPosition.class);
  }

  /** Fails, with every difference, if {@code tuner} does not continue this training. */
  void requireSame(Path folder, FineTuner tuner) {
    List<String> differences = new ArrayList<>();
    if (!active.equals(tuner.model().active())) {
      differences.add("its adapters are " + active + ", not " + tuner.model().active());
    }
    if (!settings.resumable().equals(tuner.settings().resumable())) {
      differences.add("its settings are " + settings + ", not " + tuner.settings());
    }
    if (dataChecksum != tuner.data().checksum()) {
      differences.add("its data is another");
    }
    if (!differences.isEmpty()) {
      throw new PeftException(
          folder + " is of another training: " + String.join("; ", differences) + ".");
    }
  }
}
