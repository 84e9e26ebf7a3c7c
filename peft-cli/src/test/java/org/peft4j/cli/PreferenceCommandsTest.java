package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training on better and worse answers, and measuring the preference, on a tiny model. */
class PreferenceCommandsTest {
  private static final Path MODEL = Run.GOLDEN.resolve("predictions/llama_text");

  private final Path folder;

  PreferenceCommandsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** The longer answer is always the better one; the first row has no prompt of its own. */
  private Path pairs() throws IOException {
    String rows =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    "{\"chosen\":\"Once there was a king\",\"rejected\":\"Once the cat has "
                        + i
                        + "\"}\n")
            .collect(Collectors.joining());
    return Files.writeString(folder.resolve("pairs.jsonl"), rows);
  }

  private static Run run(String command, Path data, String options, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of(command, "-m", MODEL, "-d", data, "--batch-size", 4));
    arguments.addAll(Arrays.asList(options.split(" ")));
    arguments.addAll(Arrays.asList(more));
    return Run.of(arguments.toArray());
  }

  private static double metric(Run run, String name) {
    return run.out()
        .lines()
        .filter(line -> line.startsWith(name + ": "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 2)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " is not in " + run.out() + run.err()));
  }

  private static double margin(Run run) {
    return metric(run, "rewards/chosen") - metric(run, "rewards/rejected");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dpo | --beta 0.5 --reference start",
        "dpo | --loss-type ipo",
        "dpo | --loss-type sigmoid,sft --loss-weights 1,0.5 --flip-rate 0.1",
        "orpo | --beta 0.5",
        "simpo | --gamma 1",
        "cpo | --loss-type hinge",
        "kto | --desirable-weight 1.2",
      })
  void everyObjectiveComesToPreferTheChosen(String objective, String options) throws IOException {
    Path data = pairs();
    Path output = folder.resolve("adapter");

    Run trained =
        run(
            "train",
            data,
            options
                + " --objective "
                + objective
                + " --steps 12 --learning-rate 2e-2 --eval-split 0.25",
            "-o",
            output);
    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(trained.out())
        .contains(
            objective.equals("kto") ? "12 answers, 6 good" : "training data: 6 pairs of answers")
        .contains("evaluation after step 12: loss ");
    assertThat(Files.readAllLines(output.resolve("metrics.jsonl")).get(0))
        .contains("\"rewards/chosen\":")
        .contains("\"logps/rejected\":");

    String measured = options.replace(" --reference start", "");
    Run after = run("eval", data, measured + " --objective " + objective, "-a", output);
    Run before = run("eval", data, measured + " --objective " + objective);
    assertThat(after.status()).as(after.err()).isZero();
    assertThat(margin(after)).isGreaterThan(margin(before));
    assertThat(metric(after, "loss")).isLessThan(metric(before, "loss"));
    if (!objective.equals("kto")) {
      assertThat(metric(after, "rewards/accuracies")).isEqualTo(1);
      assertThat(metric(after, "pairs")).isEqualTo(8);
    }
    assertThat(after.out()).doesNotContain("perplexity");
  }

  /** Going on from an adapter, the start and that adapter's folder are the same reference. */
  @Test
  void theStartIsTheAdapterThatIsContinued() throws IOException {
    Path data = pairs();
    Path first = folder.resolve("first");
    run("train", data, "--objective orpo --steps 4 --learning-rate 1e-2", "-o", first);
    String more = "--objective dpo --steps 3 --learning-rate 1e-2";

    run("train", data, more + " --reference start", "-a", first, "-o", folder.resolve("a"));
    run("train", data, more, "--reference", first, "-a", first, "-o", folder.resolve("b"));
    run("train", data, more + " --reference base", "-a", first, "-o", folder.resolve("c"));

    byte[] start = adapter("a");
    assertThat(adapter("b")).isEqualTo(start);
    assertThat(adapter("c")).isNotEqualTo(start);
  }

  private byte[] adapter(String name) throws IOException {
    return Files.readAllBytes(folder.resolve(name).resolve("adapter_model.safetensors"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--objective sft --beta 0.1 | --beta is for --objective dpo, orpo, simpo, cpo and kto; the objective is sft.",
        "--reference base | --reference is for --objective dpo and kto; the objective is sft.",
        "--objective orpo --reference base | --reference is for --objective dpo and kto; the objective is orpo.",
        "--objective dpo --gamma 1 | --gamma is for --objective simpo; the objective is dpo.",
        "--objective dpo --loss-type dpo | --loss-type is dpo; allowed for --objective dpo: sigmoid, hinge,",
        "--objective cpo --loss-type hinge,ipo | --loss-type names 2 losses; --objective cpo takes one of sigmoid, hinge, ipo.",
        "--objective dpo --loss-type hinge --flip-rate 0.1 | --flip-rate is for --loss-type sigmoid, sigmoid_norm, robust, exo_pair; given: hinge.",
        "--objective cpo --loss-type hinge --flip-rate 0.1 | --flip-rate is 0.1, and the loss HINGE has none; set it to 0.",
        "--objective dpo --beta 0 | --beta is 0.0; allowed: above 0, finite.",
        "--objective dpo --flip-rate 0.7 | --flip-rate is 0.7; allowed: 0 or more, below 0.5.",
        "--objective dpo --loss-type sigmoid,ipo --loss-weights 1 | There are 2 losses and 1 weights",
        "--objective dpo --reference nowhere | --reference is nowhere, which is no folder; allowed: base, start, none",
        "--objective dpo --label-smoothing 0.1 | --label-smoothing is not for --objective dpo. It smooths tokens; --flip-rate",
        "--objective dpo --packing | --packing is not for --objective dpo.",
        "--objective dpo --task seq-cls | --objective dpo is for the task causal-lm; this is seq-cls.",
        "--objective kto --batch-size 1 | --batch-size is 1, and kto compares each prompt with another one's answer",
        "--objective rlhf | Invalid value for option '--objective'",
      })
  void whatAnObjectiveHasNoUseForIsRefused(String options, String message) throws IOException {
    List<Object> arguments =
        new ArrayList<>(List.of("train", "-m", MODEL, "-d", pairs(), "-o", folder.resolve("no")));
    arguments.addAll(Arrays.asList(options.split(" ")));

    Run run = Run.of(arguments.toArray());

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains(message);
  }

  @Test
  void nothingStartsInAnEvaluation() throws IOException {
    Run run = run("eval", pairs(), "--objective dpo --reference start");

    assertThat(run.status()).isNotZero();
    assertThat(run.err()).contains("--reference is start, and nothing trains here");
  }

  @Test
  void aRewardModelPrefersTheBetterAnswersAndIsMeasured() throws IOException {
    Path output = folder.resolve("reward");
    Run trained =
        run(
            "train",
            pairs(),
            "--objective reward --steps 30 --learning-rate 2e-2 --eval-split 0.25 --eval-every 15"
                + " --keep-best accuracy:higher --centering 0.01",
            "-o",
            output);

    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(trained.out())
        .contains("training data: 6 pairs of answers", ", 2 pairs, accuracy 1.0000, margin ");
    Run measured = run("eval", pairs(), "--objective reward", "-a", output);
    assertThat(measured.status()).as(measured.err()).isZero();
    assertThat(metric(measured, "accuracy")).isEqualTo(1);
    assertThat(metric(measured, "margin")).isPositive();
    assertThat(measured.out()).contains("mean_reward: ", "pairs: 8");
    // Its number is what predict tells of a text.
    Path texts =
        Files.writeString(
            folder.resolve("t.jsonl"),
            "{\"text\":\"Once there was a king\"}\n{\"text\":\"Once the cat has 3\"}\n");
    Run predicted = Run.of("predict", "-m", MODEL, "-a", output, "-d", texts);
    assertThat(predicted.out()).as(predicted.err()).contains("{\"number\":");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--objective reward --task causal-lm|is for the task seq-cls; this is causal-lm.",
        "--objective reward --beta 1|--beta is for --objective dpo, orpo, simpo, cpo and kto",
        "--objective dpo --centering 1|--centering is for --objective reward; the objective is dpo.",
        "--objective reward --centering -1|--centering is -1.0; allowed: 0 and above",
        "--objective reward --labels a,b|--objective reward has one number. Leave them out.",
        "--objective reward --packing|--packing is not for --objective reward."
      })
  void optionsThatARewardModelHasNoUseForAreRefused(String options, String message)
      throws IOException {
    Run run = run("train", pairs(), options, "-o", folder.resolve("o"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains(message);
  }

  @Test
  void marginsOfRowsAreRefused() throws IOException {
    Path data =
        Files.writeString(
            folder.resolve("m.jsonl"), "{\"chosen\":\"a\",\"rejected\":\"b\",\"margin\":0.5}\n");

    assertThat(run("train", data, "--objective reward", "-o", folder.resolve("o")).err())
        .contains("m.jsonl, line 1", "margin", "is not supported; leave the field out.");
  }
}
