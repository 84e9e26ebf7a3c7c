package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code peft train --recommend}: numbers for what is not given. */
class RecommendTest {
  private static final Path MODEL = Run.GOLDEN.resolve("predictions/llama_text");

  private final Path folder;
  private final Path output;

  RecommendTest(@TempDir Path folder) {
    this.folder = folder;
    this.output = folder.resolve("o");
  }

  private Run run(String text, String name, Object... more) throws IOException {
    Path data = Files.writeString(folder.resolve(name), text);
    List<Object> arguments =
        new ArrayList<>(List.of("train", "--recommend", "-m", MODEL, "-d", data, "-o", output));
    arguments.addAll(Arrays.asList(more));
    return Run.of(arguments.toArray());
  }

  private Run rows(int count, Object... more) throws IOException {
    return run("{\"text\": \"The cat has a hat.\"}\n".repeat(count), "a.jsonl", more);
  }

  @Test
  void whatIsNotGivenIsChosenToldAndKept() throws IOException {
    Run run = rows(6, "--learning-rate", "0.002", "--seed", 3);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("recommended for causal-lm, GENERATION, ")
        .contains("  --rank 16  (published runs, docs/recommended.md)\n")
        .contains("  --alpha 32.0  (2.0 times the rank, as there)\n", "  --dropout 0.05  (")
        .contains(
            "  --batch-size 6  (of 6 examples)\n", "  --steps 10  (10.0 passes over the data)\n")
        .doesNotContain("--learning-rate")
        .contains("step 10/10 ");
    assertThat(Files.readString(output.resolve("adapter_config.json")))
        .contains("\"r\" : 16", "\"lora_alpha\" : 32", "\"lora_dropout\" : 0.05");
    assertThat(Files.readString(output.resolve("run.yaml")))
        .contains("recommend: true", "rank: 16", "batch-size: 6", "steps: 10", "warmup-ratio: 0.03")
        .contains("learning-rate: 0.002");
  }

  @Test
  void optionsThatAreGivenWin() throws IOException {
    Run run =
        rows(
            6,
            "--rank",
            3,
            "--set",
            "lora_dropout=0.25",
            "--batch-size",
            2,
            "--epochs",
            2,
            "--warmup-steps",
            1);

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(
            "  --alpha 6.0  (2.0 times the rank, as there)", "  --learning-rate 0.01  (measured: ")
        .doesNotContain("--rank", "--dropout", "--batch-size", "--steps", "--warmup");
    assertThat(Files.readString(output.resolve("adapter_config.json")))
        .contains("\"r\" : 3", "\"lora_alpha\" : 6", "\"lora_dropout\" : 0.25");
    assertThat(run.out()).contains("step 6/6 ");
  }

  @Test
  void aTrainingWithRecommendedNumbersGoesOnWithThem() throws IOException {
    assertThat(rows(6, "--save-every", 4, "--max-tokens", 150).status()).isZero();

    Run resumed = rows(6, "--resume", output);

    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(resumed.out()).contains("step 10/10 ");
    Run fromFile =
        Run.of("train", "-c", output.resolve("run.yaml"), "-o", folder.resolve("p"), "--dry-run");
    assertThat(fromFile.status()).as(fromFile.err()).isZero();
    assertThat(fromFile.out()).contains("10 steps: about").doesNotContain("  --rank");
  }

  @Test
  void theFileOfARunHasTheNumbers() throws IOException {
    Run run = rows(6, "--print-config");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("rank: 16\n", "steps: 10\n").doesNotContain("recommended for");
    assertThat(run.err()).contains("recommended for causal-lm");
    assertThat(output).doesNotExist();
  }

  @Test
  void eachTaskHasItsNumbers() throws IOException {
    Run preferences =
        run(
            "{\"prompt\": \"The cat\", \"chosen\": \" has a hat\", \"rejected\": \" x\"}\n"
                .repeat(4),
            "b.jsonl",
            "--objective",
            "dpo",
            "--dry-run");
    assertThat(preferences.out())
        .as(preferences.err())
        .contains("PREFERENCE", "--dropout 0.0", "--steps 3  (3.0 passes");
    Run classes = run("text,label\ncat,a\nhat,b\n", "c.csv", "--task", "seq-cls", "--dry-run");
    assertThat(classes.out())
        .as(classes.err())
        .contains("TEXT_CLASSIFICATION", "--rank 8", "--alpha 16.0");
  }

  @Test
  void otherMethodsAreRefused() throws IOException {
    Run run = rows(6, "--method", "ia3");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .contains("--recommend has numbers of lora; --method is ia3. Leave one of them out.");
  }
}
