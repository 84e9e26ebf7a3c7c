package org.peft4j.vision;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.peft4j.safetensors.SafetensorsFile;

/** What {@code reference/pictures.py} wrote. */
final class Golden {
  static final Path FOLDER = Path.of("src", "test", "resources", "pictures");
  static final Path FILES = FOLDER.resolve("files");

  private Golden() {}

  static List<String> names(Path file) {
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      return List.copyOf(tensors.tensors().keySet());
    }
  }

  static List<Long> shape(Path file, String name) {
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      return tensors.tensor(name).shape();
    }
  }

  static ByteBuffer bytes(Path file, String name) {
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      ByteBuffer copy = ByteBuffer.allocate((int) tensors.tensor(name).byteCount());
      tensors.read(name, 0, copy);
      return copy.flip().order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
