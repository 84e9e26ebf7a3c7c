package org.peft4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;

/** An adapter that cannot be written where it should be is not lost. */
class SafeSaveTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("basedir", "."))
          .resolve("../peft-transformers/src/test/resources/golden");

  private final Path folder;
  private final Path file;

  SafeSaveTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.file = Files.writeString(folder.resolve("file"), "not a folder");
  }

  @Test
  void theFirstFolderThatCanBeWrittenHasTheAdapter() throws IOException {
    Path good = Files.createDirectory(folder.resolve("good"));

    assertThatThrownBy(() -> save(file.resolve("out"), file, folder.resolve("none"), good))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("The trained adapter is in " + good.resolve("peft-adapter-"));

    try (Stream<Path> made = Files.list(good)) {
      assertThat(made.toList().get(0).resolve("adapter_model.safetensors")).exists();
    }
  }

  @Test
  void whereNoneCanBeWrittenTheyAreNamed() {
    assertThatThrownBy(() -> save(file.resolve("out"), file))
        .hasMessageContaining("Neither could it be saved in one of [" + file + "].");
  }

  @Test
  void aFolderIsAskedForUntilOneCanBeWritten() {
    Path good = folder.resolve("given");
    Iterator<Path> answers = List.of(file.resolve("again"), good).iterator();

    assertThatThrownBy(
            () ->
                save(
                    () -> answers.hasNext() ? Optional.of(answers.next()) : Optional.empty(),
                    file.resolve("out"),
                    file))
        .hasMessageContaining("The trained adapter is in " + good + " instead.");
    assertThat(good.resolve("adapter_model.safetensors")).exists();
  }

  private static void save(Path output, Path... others) {
    save(Optional::empty, output, others);
  }

  private static void save(Supplier<Optional<Path>> ask, Path output, Path... others) {
    try (CausalLanguageModel base = Transformers.load(GOLDEN.resolve("bases/llama"));
        PeftModel<ComputationGraph> model =
            Peft.load(base.graph(), GOLDEN.resolve("llama_qv/adapter"))) {
      new SafeSave(output, List.of(others), ask, false, written -> {}).save(model);
    }
  }
}
