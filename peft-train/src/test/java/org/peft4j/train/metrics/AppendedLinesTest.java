package org.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of metrics on a disk that is full for a while. */
class AppendedLinesTest {
  private final Path file;

  AppendedLinesTest(@TempDir Path folder) {
    file = folder.resolve("lines");
  }

  /** Every write to this device fails as on a full disk. */
  @Test
  void aFullDiskLetsLinesWait() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "this platform has no /dev/full");
    try (AppendedLines lines = new AppendedLines(full, 0)) {
      assertThat(lines.append("first")).isEqualTo("No space left on device");
      assertThat(lines.append("second")).isEqualTo("No space left on device");
      assertThat(lines.waiting()).isEqualTo(2);
    }
  }

  @Test
  void linesThatWaitedComeFirst() throws IOException {
    Files.createDirectory(file);
    try (AppendedLines lines = new AppendedLines(file, 0)) {
      assertThat(lines.append("first")).isNotEmpty();
      Files.delete(file);

      assertThat(lines.append("second")).isEmpty();
      assertThat(lines.waiting()).isZero();
      assertThat(lines.append("third")).isEmpty();
    }
    assertThat(file).hasContent("first\nsecond\nthird\n");
  }

  @Test
  void aLineThatWasCutShortIsWrittenAnew() throws IOException {
    Files.writeString(file, "first\nsec");
    try (AppendedLines lines = new AppendedLines(file, "first\n".length())) {
      lines.append("third");
    }
    assertThat(file).hasContent("first\nthird\n");
  }
}
