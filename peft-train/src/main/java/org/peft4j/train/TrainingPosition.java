package org.peft4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;

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

  private static final long MAX_BYTES = 1 << 20;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  void write(Path folder) {
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
      AtomicFile.write(
          folder.resolve(FILE),
          channel -> {
            while (bytes.hasRemaining()) {
              channel.write(bytes);
            }
          });
    } catch (JsonProcessingException e) {
      throw new PeftException("Cannot write " + FILE + ": " + e.getOriginalMessage() + ".", e);
    }
  }

  static TrainingPosition read(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new PeftException(file + " has more than " + MAX_BYTES + " bytes.");
      }
      return JSON.readValue(Files.readAllBytes(file), TrainingPosition.class);
    } catch (NoSuchFileException e) {
      throw new PeftException(folder + " is no checkpoint of a training: no " + FILE + ".", e);
    } catch (JsonProcessingException e) {
      throw new PeftException(file + " is broken: " + e.getOriginalMessage() + ".", e);
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    }
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
