package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that read or write text, on a real pretrained model. */
class TextTest {
  private static final Path MODEL =
      Path.of(System.getProperty("peft4j.data"), "models", "stories260k");

  private final Path folder;

  TextTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeAll
  static void modelIsHere() {
    assumeTrue(Files.isDirectory(MODEL), () -> MODEL + " is not here; set -Dpeft4j.data=…");
  }

  @Test
  void greedyContinuationIsAStory() {
    Run run = Run.of("generate", "-m", MODEL, "-p", "Once upon a time", "-n", 12);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("Once upon a time, there was a");
  }

  @Test
  void severalPromptsGiveALineEachAndTheSeedDecides() {
    Object[] arguments = {
      "generate", "-m", MODEL, "-p", "One day", "-p", "The big", "-n", 8, "--temperature", 2
    };

    Run run = Run.of(arguments);

    assertThat(run.out().lines()).hasSize(2);
    assertThat(Run.of(arguments).out()).isEqualTo(run.out());
  }

  @Test
  void aTextIsPartedByTokensForTrainingAndEvaluation() throws IOException {
    Path text = folder.resolve("notes.txt");
    Files.writeString(text, "One day, a little girl saw a big dog in the park. ".repeat(40));
    Path output = folder.resolve("adapter");

    Run trained =
        Run.of(
            "train",
            "-m",
            MODEL,
            "-d",
            text,
            "-o",
            output,
            "--sequence-length",
            32,
            "--batch-size",
            2,
            "--steps",
            2,
            "--eval-split",
            0.25,
            "--eval-every",
            1);
    Run evaluated =
        Run.of(
            "eval", "-m", MODEL, "-a", output, "-d", text, "--sequence-length", 32, "--last", 0.25);

    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(trained.out()).contains("evaluation data: ", "evaluation after step 1: loss ");
    String loss = evaluated.out().lines().findFirst().orElse("").replace("loss: ", "");
    assertThat(trained.out()).contains("evaluation after step 2: loss " + loss);
  }

  private String losses(Path rows, String name, Object... more) throws IOException {
    Path output = folder.resolve(name);
    List<Object> arguments =
        new ArrayList<>(List.of("train", "-m", MODEL, "-d", rows, "-o", output, "--steps", 2));
    arguments.addAll(List.of("--learning-rate", 0.01, "--no-shuffle"));
    arguments.addAll(List.of(more));
    Run run = Run.of(arguments.toArray());
    assertThat(run.status()).as(run.err()).isZero();
    return Files.readString(output.resolve("metrics.jsonl")).replaceAll("(\"loss\":.{6}).*", "$1");
  }

  @Test
  void packedRowsTrainAsTheSameRowsApart() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(
        rows,
        """
        {"text": "One day, a dog ran."}
        {"text": "The cat was happy and sat in the sun all day long."}
        {"text": "Lily saw a big red ball."}
        {"text": "Tim had a toy."}
        """);

    String apart = losses(rows, "apart", "--batch-size", 4);

    assertThat(apart.lines()).hasSize(2);
    assertThat(losses(rows, "free", "--batch-size", 4, "--padding-free")).isEqualTo(apart);
    assertThat(losses(rows, "packed", "--batch-size", 9, "--packing", "--sequence-length", 40))
        .isEqualTo(apart);
    Run both =
        Run.of("train", "-m", MODEL, "-d", rows, "-o", folder, "--packing", "--padding-free");
    assertThat(both.status()).isEqualTo(2);
    assertThat(both.err()).contains("--packing and --padding-free both say");
    Run prompted =
        Run.of(
            "train",
            "-m",
            MODEL,
            "-d",
            rows,
            "-o",
            folder.resolve("p"),
            "--packing",
            "--method",
            "prompt-tuning",
            "--virtual-tokens",
            3);
    assertThat(prompted.err())
        .contains(
            "--packing puts several examples in one row, and the 3 virtual tokens of PROMPT_TUNING"
                + " precede each row once. Leave it out.");
    Run prefixed =
        Run.of(
            "train",
            "-m",
            MODEL,
            "-d",
            rows,
            "-o",
            folder.resolve("q"),
            "--packing",
            "--method",
            "prefix-tuning",
            "--virtual-tokens",
            3,
            "--steps",
            1);
    assertThat(prefixed.status()).as(prefixed.err()).isZero();
  }

  @Test
  void promptsAndCompletionsTrain() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(
        rows, "{\"prompt\": \"One day, a\", \"completion\": \" dog ran.\"}\n".repeat(4));

    Run run = Run.of("train", "-m", MODEL, "-d", rows, "-o", folder.resolve("a"), "--steps", 1);

    assertThat(run.status()).as(run.err()).isZero();
  }

  @Test
  void aWrongSequenceLengthIsNamedAsItWasTyped() throws IOException {
    Path text = folder.resolve("notes.txt");
    Files.writeString(text, "One day, a dog ran. ".repeat(20));

    for (Object[] more : new Object[][] {{}, {"--last", 0.5}}) {
      List<Object> all = new ArrayList<>(List.of("eval", "-m", MODEL, "-d", text));
      all.addAll(List.of("--sequence-length", 1));
      all.addAll(List.of(more));

      assertThat(Run.of(all.toArray()).err()).contains("--sequence-length is 1; allowed: 2");
    }
  }
}
