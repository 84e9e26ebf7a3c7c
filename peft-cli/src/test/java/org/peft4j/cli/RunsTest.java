package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How runs of {@code peft train} end, what they keep, and how they go on. */
class RunsTest {
  private final Path folder;
  private final Path output;

  RunsTest(@TempDir Path folder) {
    this.folder = folder;
    this.output = folder.resolve("o");
  }

  private Run train(Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("train", "-m", Run.LLAMA, "-d", Run.INPUTS, "-o", output));
    arguments.addAll(List.of(more));
    return Run.of(arguments.toArray());
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(output)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aDryRunTellsTimeAndMemoryAndWritesNothing() throws IOException {
    Run run = train("--dry-run", "--steps", 200, "--eval", Run.INPUTS, "--eval-every", 50);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .containsPattern("one step: [0-9.]+ s, \\d+ tokens, loss [0-9.]+\\R")
        .containsPattern("200 steps: about [0-9.]+ ")
        .containsPattern("4 evaluations: about [0-9.]+ s, .* in all\\R")
        .containsPattern("arrays for the longest batch, \\d+ × \\d+ tokens: about [0-9.]+ kB\\R")
        .endsWith("dry run: nothing was written" + System.lineSeparator());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void theBestAdapterIsSaved() throws IOException {
    Run run =
        train(
            "--steps",
            12,
            "--eval",
            Run.INPUTS,
            "--eval-every",
            1,
            "--keep-best",
            "loss:higher",
            "--patience",
            3,
            "--min-change",
            10,
            "--learning-rate",
            "0.1",
            "--keep",
            1);

    assertThat(run.status()).as(run.err()).isZero();
    // No loss is higher than the first by 10, so that three more evaluations end the training.
    assertThat(run.out())
        .contains("ended early: loss has not become better in 3 evaluations; its best is")
        .containsPattern("best adapter, of step \\d, saved in ");
    String best = run.out().replaceAll("(?s).*of step (\\d), saved.*", "$1");
    assertThat(files())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(
                    "README.md",
                    "adapter_config.json",
                    "adapter_model.safetensors",
                    "checkpoint-" + best,
                    "checkpoint-4",
                    "metrics.jsonl",
                    "run.yaml")
                .distinct()
                .toList());
    assertThat(output.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(
            output.resolve("checkpoint-" + best + "/adapter_model.safetensors"));
  }

  @Test
  void aTrainingThatABudgetEndedGoesOnWithALargerOne() throws IOException {
    Run ended = train("--steps", 9, "--max-tokens", 40, "--batch-size", 2);
    Run again = train("--steps", 9, "--max-tokens", 40, "--batch-size", 2, "--resume", output);
    Run more = train("--steps", 9, "--max-time", "1h", "--batch-size", 2, "--resume", output);

    assertThat(ended.out()).contains("ended early: it has seen ");
    assertThat(again.out()).contains("nothing left to do after step ");
    assertThat(more.out()).contains("step 9/9");
    assertThat(Files.readAllLines(output.resolve("metrics.jsonl"))).hasSize(9);
  }

  @Test
  void otherSettingsThanTheCheckpointsAreNamedAsOptions() {
    train("--steps", 4, "--save-every", 2);

    Run run = train("--steps", 4, "--learning-rate", "0.5", "--resume", output);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .contains("checkpoint-4 is of another training: its settings are {--learning-rate=2.0E-4}")
        .contains("not {--learning-rate=0.5}");
  }

  @Test
  void aNumberThatIsNotFiniteTellsWhereToGoOn() {
    Run run = train("--steps", 400, "--learning-rate", "1e39", "--max-grad-norm", 0);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .containsPattern("Step \\d+: .* is not finite")
        .contains("There is no checkpoint; --save-every writes some.");
  }

  @Test
  void learningRatesAreTriedAndNothingIsWritten() throws IOException {
    Run run = train("--find-learning-rate", "--learning-rate-of", "lora_B=1e-3");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("learning rate 1.0e-07  loss ")
        .containsPattern("(suggested: --learning-rate \\d\\.\\de-?\\d+|no suggestion)")
        .endsWith("nothing was written" + System.lineSeparator());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aTrainingWithEveryOptionOfTheRate() throws IOException {
    Run run =
        train(
            "--steps",
            10,
            "--learning-rate",
            "0.5",
            "--warmup-ratio",
            "0.25",
            "--schedule",
            "warmup-stable-decay:decay=4,shape=linear,floor=0.2",
            "--learning-rate-of",
            "lora_B=1e-3");

    assertThat(run.status()).as(run.err()).isZero();
    // Three steps of warm-up from a fifth on, three at the top, four down to a fifth.
    List<Double> rates = new ArrayList<>();
    for (String line : Files.readAllLines(output.resolve("metrics.jsonl"))) {
      rates.add(Double.parseDouble(line.replaceAll(".*\"learning_rate\":([^,]*),.*", "$1")));
    }
    double[] factors = {0.2, 0.2 + 0.8 / 3, 0.2 + 1.6 / 3, 1, 1, 1, 1, 0.8, 0.6, 0.4};
    for (int i = 0; i < factors.length; i++) {
      assertThat(rates.get(i)).as("step %d", i).isCloseTo(0.5 * factors[i], within(1e-12));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--patience 3 | --patience goes by evaluations; give --eval or --eval-split",
        "--keep-best loss --eval-split 0.5 | goes by evaluations on the way; give --eval-every",
        "--min-change 2 | --min-change is for --patience; give both",
        "--max-time soon | 'soon' is no time; needed: such as 90s, 45m, 1h30m or 2d, above 0",
        "--schedule cosin | The schedule is \"cosin\"; allowed: constant, linear, cosine",
        "--dry-run --find-learning-rate | are two things; give one of them",
        "--max-time 0s | '0s' is no time",
        "--max-time 1h30 | '1h30' is no time",
      })
  void contradictionsAreWrongUsage(String options, String message) {
    Run run = train((Object[]) options.split(" "));

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains(message).contains("Try 'peft train --help'");
  }
}
