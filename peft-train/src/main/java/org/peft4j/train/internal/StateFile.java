package org.peft4j.train.internal;

import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.json.JsonWriter;

/** Writes and reads {@code training_state.json}. */
final class StateFile {
  static final String NAME = "training_state.json";

  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 16);

  private StateFile() {}

  static void write(Path folder, Position position) {
    JsonWriter.write(folder.resolve(NAME), position);
  }

  static Position read(Path folder) {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      throw new PeftException(
          folder + " is not a checkpoint of a training: it has no " + NAME + ".");
    }
    return new PositionReader(file, JSON.read(file)).read();
  }
}
