package org.peft4j.examples.quickstart;

import java.nio.file.Path;
import org.peft4j.examples.bundled.BundledFiles;

/** The checkpoint folder of the base model that comes with the examples. */
public final class TinyLlama {
  private TinyLlama() {}

  /** Unpacks it to {@code folder}. */
  public static Path unpack(Path folder) {
    return new BundledFiles("/quickstart/base-model/")
        .unpack(folder, "config.json", "model.safetensors", "tokenizer.json");
  }
}
