package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

/** Folders that are there as a whole, the old one or the new one. */
class AtomicFolderTest {
  private final Path parent;
  private final Path target;

  AtomicFolderTest(@TempDir Path parent) {
    this.parent = parent;
    this.target = parent.resolve("model");
  }

  private static Consumer<Path> file(String content) {
    return folder -> {
      try {
        Files.writeString(folder.resolve("file"), content);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private void assertNothingElse() {
    assertThat(parent.toFile().list()).containsExactly("model");
  }

  @Test
  void createsAndReplaces() throws IOException {
    AtomicFolder.write(target, "model", file("first"));
    Files.writeString(target.resolve("other"), "of the first");
    AtomicFolder.write(target, "model", file("second"));

    assertThat(target.toFile().list()).containsExactly("file");
    assertThat(target.resolve("file")).hasContent("second");
    assertNothingElse();
  }

  @Test
  void aFailureLeavesWhatWasThere() throws IOException {
    AtomicFolder.write(target, "model", file("first"));

    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target,
                    "model",
                    file("half")
                        .andThen(
                            folder -> {
                              throw new IllegalStateException("the plug was pulled");
                            })))
        .hasMessage("the plug was pulled");

    assertThat(target.resolve("file")).hasContent("first");
    assertNothingElse();
  }

  /** The temporary folder is gone when the user reads of it. */
  @Test
  void failuresNameTheFolderThatWasAskedFor() {
    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target,
                    "model",
                    folder -> {
                      throw new PeftException("Cannot write " + folder.resolve("file") + ".");
                    }))
        .isInstanceOf(PeftException.class)
        .hasMessage("Cannot write " + target.resolve("file") + ".");
  }

  @Test
  void whatAKilledWriterMovedAwayComesBack() throws IOException {
    Path old = parent.resolve(".model." + UUID.randomUUID() + ".model.old");
    Files.createDirectory(old);
    Files.writeString(old.resolve("file"), "old");

    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    target,
                    "model",
                    folder -> {
                      assertThat(target.resolve("file")).hasContent("old");
                      throw new IllegalStateException("enough");
                    }))
        .hasMessage("enough");

    assertThat(target.resolve("file")).hasContent("old");
    assertNothingElse();
  }

  @Test
  void whatAKilledWriterHadReplacedGoes() throws IOException {
    AtomicFolder.write(target, "model", file("new"));
    Path old = parent.resolve(".model." + UUID.randomUUID() + ".model.old");
    Files.createDirectory(old);

    AtomicFolder.write(target, "model", file("newer"));

    assertThat(target.resolve("file")).hasContent("newer");
    assertNothingElse();
  }

  @Test
  void targetsOfOneNameClearUpForEachOtherButKeepTheirOld() throws IOException {
    Files.createDirectory(parent.resolve(".model." + UUID.randomUUID() + ".tmp"));
    Path old = parent.resolve(".model." + UUID.randomUUID() + ".other.old");
    Files.createDirectory(old);

    AtomicFolder.write(target, "model", file("new"));

    assertThat(parent.toFile().listFiles())
        .containsExactlyInAnyOrder(target.toFile(), old.toFile());
  }
}
