package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DataFilesTest {
  @Test
  void aFileOfNoKnownKindIsRefused() {
    assertThatThrownBy(() -> DataFiles.read(Path.of("data.csv"), Path.of("model"), 16))
        .hasMessage("data.csv is not a supported file type; use .txt, .jsonl or .safetensors.");
  }
}
