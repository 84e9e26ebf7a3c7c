package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file of {@code examples/recipes} trains a tiny model for its task. */
class RecipesTest {
  private static final Path RECIPES =
      Path.of(System.getProperty("basedir", ".")).resolve("../examples/recipes").normalize();
  private static final Path MODELS = Run.GOLDEN.resolve("predictions");

  private static final String PAIRS =
      "prompt,chosen,rejected\n" + rows("The cat, has a hat, is bad", "Once, upon a time, x");

  static Stream<Arguments> recipes() {
    return Stream.of(
        Arguments.of("causal-lm", "llama_text", "a.txt", "The cat has a hat. ".repeat(40)),
        Arguments.of("quantized-causal-lm", "llama_text", "a.csv", "text\n" + rows("The cat")),
        Arguments.of(
            "sft", "llama_text", "a.csv", "prompt,completion\n" + rows("The cat, has a hat")),
        Arguments.of("seq-2-seq-lm", "t5_text", "a.csv", "source,target\n" + rows("The cat,hat")),
        Arguments.of("seq-cls", "bert_vectors", "a.csv", "text,label\n" + rows("cat,a", "hat,b")),
        Arguments.of(
            "token-cls", "bert_vectors", "a.conll", rows("The O", "cat B-PET", "", "king O", "")),
        Arguments.of(
            "question-ans",
            "bert_vectors",
            "a.jsonl",
            rows(
                "{\"question\": \"What?\", \"context\": \"The cat has a hat\", \"answers\":"
                    + " {\"text\": [\"hat\"], \"answer_start\": [14]}}")),
        Arguments.of(
            "feature-extraction",
            "bert_vectors",
            "a.csv",
            "anchor,positive\n" + rows("The cat,hats", "A king,kings")),
        Arguments.of("dpo", "llama_text", "a.csv", PAIRS),
        Arguments.of("orpo", "llama_text", "a.csv", PAIRS),
        Arguments.of("reward", "llama_text", "a.csv", PAIRS),
        Arguments.of(
            "kto",
            "llama_text",
            "a.csv",
            "prompt,completion,label\n" + rows("The cat, has a hat,true", "Once, is bad,false")));
  }

  private static String rows(String... lines) {
    return (String.join("\n", lines) + "\n").repeat(10);
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void aRecipeTrains(String recipe, String model, String name, String text, @TempDir Path folder)
      throws IOException {
    Path data = Files.writeString(folder.resolve(name), text);
    Path output = folder.resolve("o");
    Run run =
        Run.of(
            "train",
            "--config",
            RECIPES.resolve(recipe + ".yaml"),
            "--model",
            MODELS.resolve(model),
            "--data",
            data,
            "--output",
            output,
            "--batch-size",
            2,
            "--sequence-length",
            24,
            "--eval-every",
            3,
            "--max-tokens",
            400);

    assertThat(run.status()).as(run.err() + run.out()).isZero();
    assertThat(output.resolve("adapter_model.safetensors")).exists();
    String options = Files.readString(output.resolve("run.yaml"));
    Files.readAllLines(RECIPES.resolve(recipe + ".yaml")).stream()
        .filter(
            line ->
                line.matches(
                    "(rank|learning-rate|schedule|task|warmup-ratio|objective|beta|loss-type): .*"))
        .forEach(line -> assertThat(options.replace("\"", "")).contains(line));
  }

  @Test
  void everyRecipeIsTried() throws IOException {
    List<String> tried = recipes().map(each -> each.get()[0] + ".yaml").sorted().toList();
    try (Stream<Path> files = Files.list(RECIPES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> !name.equals("README.md"))
          .containsExactlyInAnyOrderElementsOf(tried);
    }
  }
}
