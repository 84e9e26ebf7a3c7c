package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

/** A file that changes together with the weights beside it, though no two files change at once. */
class CompanionTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  private Companion companion;

  @BeforeEach
  void companion() {
    companion = new Companion(folder, "config", "sha");
  }

  private Path current() {
    return folder.resolve("config");
  }

  /** The metadata of weights that belong to the companion that waits. */
  private Map<String, String> announced(String content) throws IOException {
    Files.writeString(companion.next(), content);
    Map<String, String> metadata = new LinkedHashMap<>();
    companion.announce(metadata);
    return metadata;
  }

  @Test
  void withoutAFileThereIsNone() {
    assertThat(companion.of(Map.of())).isEmpty();
  }

  @Test
  void weightsOfAnotherProgramHaveTheFileOfTheUsualName() throws IOException {
    Files.writeString(current(), "config");

    assertThat(companion.of(Map.of("format", "pt"))).contains(current());
  }

  @Test
  void theChecksumIsOfTheBytes() throws IOException {
    assertThat(announced("abc"))
        .isEqualTo(
            Map.of("sha", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  }

  @Test
  void newWeightsHaveTheWaitingFileAndOldOnesThePresentOne() throws IOException {
    Map<String, String> old = announced("old");
    companion.settle();
    Map<String, String> later = announced("new");

    assertThat(companion.of(later)).contains(companion.next());
    assertThat(companion.of(old)).contains(current());
    assertThat(companion.of(Map.of())).contains(current());
  }

  @Test
  void settlingMovesTheWaitingFileToItsPlace() throws IOException {
    Map<String, String> metadata = announced("new");

    companion.settle();

    assertThat(companion.next()).doesNotExist();
    assertThat(current()).hasContent("new");
    assertThat(companion.of(metadata)).contains(current());
  }

  @Test
  void weightsWithoutACompanionLeaveNeitherFile() throws IOException {
    Files.writeString(current(), "old");
    Files.writeString(companion.next(), "new");

    companion.remove();
    companion.remove();

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatCannotBeMovedReadOrDeletedIsTold() throws IOException {
    assertThatThrownBy(companion::settle)
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Cannot write " + current());
    assertThatThrownBy(() -> companion.announce(new LinkedHashMap<>()))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Cannot read " + companion.next());
    Files.createDirectories(current().resolve("inside"));
    assertThatThrownBy(companion::remove)
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Cannot delete " + current());
  }
}
