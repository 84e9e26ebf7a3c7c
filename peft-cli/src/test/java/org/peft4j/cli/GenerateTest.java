package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code peft generate} follows the model's settings, with the options on top. */
class GenerateTest {
  private static final Path STORIES =
      Path.of(System.getProperty("peft4j.data"), "models", "stories260k");

  private final Path model;

  GenerateTest(@TempDir Path folder) {
    this.model = folder;
  }

  @BeforeEach
  void copyTheModel() throws IOException {
    assumeTrue(Files.isDirectory(STORIES), () -> STORIES + " is not here; set -Dpeft4j.data=…");
    try (Stream<Path> files = Files.list(STORIES)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"do_sample\": true, \"temperature\": 0.5, \"max_new_tokens\": 3, \"eos_token_id\": 2}");
  }

  @Test
  void verboseShowsTheModelsSettingsAndThoseThatApply() {
    Run run = generate("--verbose", "--temperature", 0.7, "--top-k", 9);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.err().lines())
        .containsExactly(
            "generation_config.json: {\"do_sample\":true,\"temperature\":0.5,\"max_new_tokens\":3,"
                + "\"eos_token_id\":2}",
            "these apply: do_sample true, temperature 0.7, top_k 9, top_p 1.0,"
                + " repetition_penalty 1.0, num_beams 1, max_new_tokens 3, eos_token_id [2]");
  }

  @Test
  void anOptionGoesBeforeTheModelsSetting() {
    assertThat(generate("--no-sample").out()).isEqualTo(generate("--temperature", 0).out());
    assertThat(generate("--no-sample", "-n", 12).out().strip())
        .startsWith(generate("--no-sample").out().strip())
        .startsWith("Once upon a time, there was a");
    assertThat(generate("--ignore-generation-config", "--verbose").err())
        .contains("these apply: do_sample false", "max_new_tokens 20");
  }

  @Test
  void beamsGiveSeveralTextsTheBestFirst() {
    Run run = generate("--no-sample", "-n", 6, "--num-beams", 3, "--num-return-sequences", 2);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out().lines()).hasSize(2).doesNotHaveDuplicates();
    assertThat(run.out().lines()).allMatch(line -> line.startsWith("Once upon a time"));
  }

  @Test
  void beamsMayBeDrawn() {
    Object[] options = {"--sample", "-n", 12, "--num-beams", 2, "--temperature", 5, "--seed"};
    List<String> texts =
        IntStream.range(0, 3)
            .mapToObj(seed -> Stream.concat(Arrays.stream(options), Stream.of(seed)).toArray())
            .map(given -> generate(given).out())
            .toList();

    assertThat(texts).doesNotHaveDuplicates();
    assertThat(generate(Stream.concat(Arrays.stream(options), Stream.of(2)).toArray()).out())
        .isEqualTo(texts.get(2));
  }

  @Test
  void noPartOfThePromptIsRepeated() {
    String free = generate("--no-sample", "-n", 12).out().strip();
    String rule = generate("--no-sample", "-n", 12, "--encoder-no-repeat-ngram-size", 1).out();

    assertThat(free.substring("Once upon a time".length())).contains(" a ");
    assertThat(rule.strip().substring("Once upon a time".length())).doesNotContain(" a ");
  }

  @Test
  void aStopStringEndsTheText() {
    String whole = generate("--no-sample", "-n", 12).out().strip();
    String word = whole.substring("Once upon a time".length()).strip().split(" ")[1];

    String stopped = generate("--no-sample", "-n", 12, "--stop", word).out().strip();

    assertThat(whole).startsWith(stopped);
    assertThat(stopped).endsWith(word).isNotEqualTo(whole);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--num-beams 2 --num-return-sequences 3 | --num-return-sequences is 3; allowed: 1 to --num-beams, which is 2.",
        "--min-p 2         | --min-p is 2.0; allowed: 0 to 1.",
        "--top-p 1.5       | wrong options: --top-p is 1.5; allowed: above 0, at most 1.",
        "--top-k -1        | --top-k is -1; allowed: 0 (all tokens) or more.",
        "-n 0              | --max-new-tokens is 0; allowed: 1 or more.",
        "--temperature -1  | --temperature is -1.0; allowed: a finite number above 0 (--temperature 0 or --no-sample always takes",
        "--repetition-penalty 0 | --repetition-penalty is 0.0; allowed",
      })
  void aWrongOptionIsNamedAsItWasTyped(String options, String message) {
    Run run = generate((Object[]) options.split(" "));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains(message);
  }

  private Run generate(Object... options) {
    List<Object> all = new ArrayList<>(List.of("generate", "-m", model, "-p", "Once upon a time"));
    all.addAll(List.of(options));
    return Run.of(all.toArray());
  }
}
