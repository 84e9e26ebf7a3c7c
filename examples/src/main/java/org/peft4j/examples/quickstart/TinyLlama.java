package org.peft4j.examples.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The checkpoint folder of the base model that comes with the examples. */
public final class TinyLlama {
  private static final String[] FILES = {"config.json", "model.safetensors", "tokenizer.json"};

  private TinyLlama() {}

  /** Unpacks it to {@code folder}. */
  public static Path unpack(Path folder) {
    try {
      Files.createDirectories(folder);
      for (String file : FILES) {
        try (InputStream in =
            TinyLlama.class.getResourceAsStream("/quickstart/base-model/" + file)) {
          if (in == null) {
            throw new IllegalStateException("The examples were built without " + file + ".");
          }
          Files.copy(in, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
