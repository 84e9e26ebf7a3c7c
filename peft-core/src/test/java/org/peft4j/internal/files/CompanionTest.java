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
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  private Companion companion;

  @BeforeEach
  void companion() {
    companion = new Companion(folder, "config", "key");
  }

  private Path current() {
    return folder.resolve("config");
  }

  private Path next() {
    return companion.target(false);
  }

  /** The metadata of weights that belong to the companion that waits. */
  private Map<String, String> announced(String content) throws IOException {
    Files.writeString(next(), content);
    Map<String, String> metadata = new LinkedHashMap<>();
    companion.announce(false, metadata);
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
  void whereThereAreNoWeightsNothingWaits() throws IOException {
    Files.writeString(companion.target(true), "abc");
    Map<String, String> metadata = new LinkedHashMap<>();
    companion.announce(true, metadata);
    companion.settle(true);

    assertThat(metadata).isEqualTo(Map.of("key_sha256", ABC));
    assertThat(companion.of(metadata)).contains(current());
  }

  @Test
  void theChecksumIsOfTheBytesAndTheFileIsThatOnThisDisk() throws IOException {
    assertThat(announced("abc")).containsOnlyKeys("key_sha256", "key_file").containsValue(ABC);
  }

  @Test
  void theSameContentAgainNeedsNoFileOnThisDisk() throws IOException {
    Files.writeString(current(), "abc");

    assertThat(announced("abc")).isEqualTo(Map.of("key_sha256", ABC));
  }

  @Test
  void newWeightsHaveTheWaitingFileAndOldOnesThePresentOne() throws IOException {
    Map<String, String> old = announced("old");
    companion.settle(false);
    Map<String, String> later = announced("new");

    assertThat(companion.of(later)).contains(next());
    assertThat(companion.of(old)).contains(current());
    assertThat(companion.of(Map.of())).contains(current());
  }

  @Test
  void aCopyOfTheWaitingFileIsRefused() throws IOException {
    Files.writeString(current(), "shown");
    Map<String, String> later = announced("planted");
    Files.move(next(), folder.resolve("elsewhere"));
    Files.copy(folder.resolve("elsewhere"), next());

    assertThatThrownBy(() -> companion.of(later))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("config is not the file that the weights were saved with")
        .hasMessageContaining("Delete config.next, or, if you trust it, rename it to config.");
  }

  @Test
  void aWaitingFileThatIsALinkIsNotRead() throws IOException {
    Files.writeString(current(), "shown");
    Map<String, String> later = announced("planted");
    Files.move(next(), folder.resolve("elsewhere"));
    Files.createSymbolicLink(next(), folder.resolve("elsewhere"));

    assertThat(companion.of(later)).contains(current());
  }

  @Test
  void settlingMovesTheWaitingFileToItsPlace() throws IOException {
    Map<String, String> metadata = announced("new");

    companion.settle(false);

    assertThat(next()).doesNotExist();
    assertThat(current()).hasContent("new");
    assertThat(companion.of(metadata)).contains(current());
  }

  @Test
  void whatAKilledWriterBeganIsFinishedForItsWeightsOnly() throws IOException {
    Files.writeString(current(), "old");
    Map<String, String> later = announced("new");

    companion.finish(Map.of("key_sha256", ABC));
    assertThat(current()).hasContent("old");

    companion.finish(later);
    assertThat(current()).hasContent("new");
    assertThat(next()).doesNotExist();
  }

  @Test
  void weightsWithoutACompanionLeaveNeitherFile() throws IOException {
    Files.writeString(current(), "old");
    Files.writeString(next(), "new");

    companion.remove();
    companion.remove();

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatCannotBeMovedReadOrDeletedIsTold() throws IOException {
    assertThatThrownBy(() -> companion.settle(false))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Cannot write " + current());
    assertThatThrownBy(() -> companion.announce(false, new LinkedHashMap<>()))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Cannot read " + next());
    Files.createDirectories(current().resolve("inside"));
    assertThatThrownBy(companion::remove)
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Cannot delete " + current());
  }
}
