package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

/** A reader of a config and weights while a writer replaces one after the other. */
class StableFolderTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final List<String> discarded = new ArrayList<>();

  @BeforeEach
  void saveTheFirst() {
    replace(AdapterFiles.CONFIG, "config 1");
    replace(AdapterFiles.WEIGHTS, "weights 1");
  }

  /** As a save does: a file beside it, moved over the old one. */
  private void replace(String name, String text) {
    try {
      Path next = Files.writeString(folder.resolve(name + ".tmp"), text);
      Files.move(next, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String text(String name) {
    try {
      return Files.readString(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads both, with a task between them. */
  private String readWith(Runnable between) {
    return StableFolder.read(
        folder,
        () -> {
          String config = text(AdapterFiles.CONFIG);
          between.run();
          return config + ", " + text(AdapterFiles.WEIGHTS);
        },
        discarded::add);
  }

  @Test
  void filesThatStayAreReadOnce() {
    assertThat(readWith(() -> {})).isEqualTo("config 1, weights 1");
    assertThat(discarded).isEmpty();
  }

  @Test
  void newWeightsWithAnOldConfigAreReadAgain() {
    List<String> saves = new ArrayList<>(List.of("2"));

    String read =
        readWith(
            () -> {
              if (!saves.isEmpty()) {
                replace(AdapterFiles.WEIGHTS, "weights " + saves.get(0));
                replace(AdapterFiles.CONFIG, "config " + saves.remove(0));
              }
            });

    assertThat(read).isEqualTo("config 2, weights 2");
    assertThat(discarded).containsExactly("config 1, weights 2");
  }

  @Test
  void aFailureCountsOnlyIfNothingChanged() {
    List<String> failures = new ArrayList<>(List.of("between two renames"));

    String read =
        readWith(
            () -> {
              if (!failures.isEmpty()) {
                replace(AdapterFiles.WEIGHTS, "weights 2");
                throw new PeftException(failures.remove(0));
              }
            });

    assertThat(read).isEqualTo("config 1, weights 2");
    assertThatThrownBy(
            () ->
                readWith(
                    () -> {
                      throw new PeftException("broken");
                    }))
        .hasMessage("broken");
  }

  @Test
  void aFolderThatNeverRestsIsRefused() {
    int[] save = {1};

    assertThatThrownBy(() -> readWith(() -> replace(AdapterFiles.WEIGHTS, "weights " + save[0]++)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("was written anew each time it was read");
  }
}
