package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

class AtomicFileTest {
  private final Path folder;
  private final Path path;

  AtomicFileTest(@TempDir Path folder) {
    this.folder = folder;
    this.path = folder.resolve("config.json");
  }

  @Test
  void createsAndReplacesAFile() throws IOException {
    AtomicFile.write(path, text("first, longer"));
    AtomicFile.write(path, text("second"));

    assertThat(Files.readString(path)).isEqualTo("second");
    assertNothingElse();
  }

  @Test
  void theOldFileIsThereUntilTheNewOneIsComplete() {
    AtomicFile.write(path, text("old"));

    AtomicFile.write(
        path,
        channel -> {
          text("new").writeTo(channel);
          assertThat(Files.readString(path)).isEqualTo("old");
        });

    assertThat(path).hasContent("new");
  }

  @Test
  void aFailureLeavesTheOldFileAndNoTemporary() throws IOException {
    AtomicFile.write(path, text("old"));

    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    path,
                    channel -> {
                      text("half").writeTo(channel);
                      throw new IOException("the plug was pulled");
                    }))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining("the plug was pulled. The file was not changed.");

    assertThat(path).hasContent("old");
    assertNothingElse();
  }

  @Test
  void aFullDiskIsReported() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "this platform has no /dev/full");
    AtomicFile.write(path, text("old"));

    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    path,
                    channel -> {
                      try (FileChannel disk = FileChannel.open(full, StandardOpenOption.WRITE)) {
                        text("new").writeTo(disk);
                      }
                    }))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("No space left on device. Free some, or give another folder.");
    assertThat(path).hasContent("old");
  }

  @Test
  void aMissingFolderIsNamed() {
    assertThatThrownBy(() -> AtomicFile.write(folder.resolve("none/a"), text("")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("none does not exist; create it first");
  }

  @Test
  void aParentThatIsAFileIsReported() {
    AtomicFile.write(path, text("old"));

    assertThatThrownBy(() -> AtomicFile.write(path.resolve("a"), text("")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Not a directory");
  }

  @Test
  void aFolderThatMayNotBeWrittenToIsReported() {
    assumeTrue(
        folder.toFile().setWritable(false) && !Files.isWritable(folder), "root may write anywhere");

    assertThatThrownBy(() -> AtomicFile.write(path, text("")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("may not be written to");
    assertThat(folder.toFile().setWritable(true)).isTrue();
  }

  @Test
  void aTargetThatIsAFolderIsRefused() throws IOException {
    Files.createDirectory(path);

    assertThatThrownBy(() -> AtomicFile.write(path, text("")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(path.toString());
    assertThat(path).isEmptyDirectory();
    assertNothingElse();
  }

  private static AtomicFile.Content text(String text) {
    return channel -> channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private void assertNothingElse() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }
}
