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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code peft train --config run.yaml}. */
class RunFileTest {
  private static final String BASE =
      """
      model: LLAMA
      data: INPUTS
      output: OUT
      steps: 3
      """;

  private final Path folder;

  RunFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(
        folder.resolve(name),
        text.replace("LLAMA", Run.LLAMA.toString())
            .replace("INPUTS", Run.INPUTS.toString())
            .replace("OUT", folder.resolve("o").toString()));
  }

  private static Run train(Path file, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("train", "--config", file));
    arguments.addAll(Arrays.asList(more));
    return Run.of(arguments.toArray());
  }

  private Run printed(String text, Object... more) throws IOException {
    List<Object> arguments = new ArrayList<>(Arrays.asList(more));
    arguments.add("--print-config");
    Run run = train(file("run.yaml", BASE + text), arguments.toArray());
    assertThat(run.status()).as(run.err()).isZero();
    return run;
  }

  @Test
  void optionsOfAFileAreThoseOfTheCommandLine() throws IOException {
    Path file =
        file(
            "run.yaml",
            BASE
                + """
                rank: 2
                target: [q_proj, v_proj]
                learning-rate: 1e-3
                no-shuffle: true
                drop-last: false
                method: null
                set:
                  use_rslora: true
                  layers_to_transform: [1]
                  rank_pattern: {q_proj: 3}
                """);
    Path options = folder.resolve("options");
    Run byOptions =
        Run.of(
            "train",
            "-m",
            Run.LLAMA,
            "-d",
            Run.INPUTS,
            "-o",
            options,
            "--steps",
            3,
            "--rank",
            2,
            "--target",
            "q_proj,v_proj",
            "--learning-rate",
            "1e-3",
            "--no-shuffle",
            "--set",
            "use_rslora=true",
            "--set",
            "layers_to_transform=[1]",
            "--set",
            "rank_pattern={\"q_proj\":3}");

    Run byFile = train(file);

    assertThat(byFile.status()).as(byFile.err()).isZero();
    assertThat(byOptions.status()).as(byOptions.err()).isZero();
    for (String name : List.of("adapter_model.safetensors", "adapter_config.json")) {
      assertThat(folder.resolve("o").resolve(name)).hasSameBinaryContentAs(options.resolve(name));
    }
    assertThat(Files.readString(folder.resolve("o/adapter_config.json")))
        .contains("\"use_rslora\" : true")
        .containsPattern("\"q_proj\" : 3");
  }

  @Test
  void theCommandLineTakesPrecedence() throws IOException {
    String text = "rank: 4\nno-shuffle: true\nset: {use_dora: true}\nlearning-rate: 0.5\n";
    Run run =
        printed(
            text,
            "-r",
            2,
            "--no-shuffle=false",
            "--set",
            "use_rslora=true",
            "-l=0.25",
            "--steps=7");

    assertThat(run.out())
        .contains("\nrank: 2\n", "\nno-shuffle: false\n", "\nlearning-rate: 0.25\n", "\nsteps: 7\n")
        .contains("\nset:\n  use_rslora: true\n")
        .doesNotContain("use_dora");
  }

  /** What is printed is a file of the same run, with every option. */
  @Test
  void whatIsPrintedGivesTheSameRun() throws IOException {
    Run run =
        printed(
            "labels: [bad, 'so: so', \"good # 1\"]\nschedule: polynomial:power=2\nmax-time: 90m\n"
                + "set: {layers_to_transform: [0, 1]}\ntask: causal-lm\nproblem-type: regression\n"
                + "learning-rate-of: {'lora_B$': 1e-3}\ndistance: cosine\n");
    Path again = file("again.yaml", run.out());

    assertThat(run.out())
        .contains("labels: [bad, \"so: so\", \"good # 1\"]", "max-time: 90m", "warmup-steps: 0")
        .contains("# patience:", "precision: fp32");
    assertThat(train(again, "--print-config").out()).isEqualTo(run.out());
  }

  @Test
  void aFileMayBeJson() throws IOException {
    Path file =
        file(
            "run.json",
            "{\"model\": \"LLAMA\", \"data\": \"INPUTS\", \"output\": \"OUT\", \"rank\": 3,"
                + " \"set\": {\"use_rslora\": true}, \"steps\": 1}");

    assertThat(train(file, "--print-config").out()).contains("\nrank: 3\n", "use_rslora: true");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '´',
      value = {
        "rnak: 3 | \"rnak\" is no option of a run. Nearest: \"rank\"",
        "learning_rate: 3 | Nearest: \"learning-rate\"",
        "help: true | \"help\" is no option of a run",
        "threads: 3 | \"threads\" is no option of a run",
        "config: a.yaml | \"config\" is no option of a run",
        "peft_type: LORA | is the config of an adapter; give it with --adapter-config",
        "no-shuffle: yes | no-shuffle is a flag; needed: true or false.",
        "no-shuffle: [true] | no-shuffle is a flag",
        "rank: three | Invalid value for option '--rank': 'three' is not an int",
        "rank: {a: [1, {b: 2}]} | Invalid value for option '--rank'",
        "target: [q_proj, [v_proj]] | column 18: needed: a text or a number.",
        "rank: 3%nrank: 4 | \"rank\" is there twice",
        "rank: 'open | is not valid YAML",
        "rank: *nowhere | is not valid YAML",
        "set: &a {x: *a} | it refers to itself, or is deeper than 20",
        "- rank | is not valid YAML",
        "? [a] : 3 | needed: the name of an option",
        "rank: !!javax.script.ScriptEngineManager [] | is not valid YAML: Global tag is not allowed",
      })
  void whatIsWrongIsNamed(String line, String message) throws IOException {
    Run run = train(file("run.yaml", BASE + line.replace("%n", "\n") + "\n"));

    assertThat(run.status()).isIn(1, 2);
    assertThat(run.err()).contains(message);
    assertThat(run.err().strip().lines().count()).isLessThanOrEqualTo(2);
    assertThat(folder.resolve("o")).doesNotExist();
  }

  @Test
  void filesThatWouldGrowAreRefused() throws IOException {
    StringBuilder laughs = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 30; i++) {
      laughs.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    for (String text :
        List.of(
            laughs.toString(),
            "rank: " + "[".repeat(3000),
            "rank: \"" + "x".repeat(2 << 20) + "\"")) {
      Run run = train(file("run.yaml", text));

      assertThat(run.status()).isEqualTo(1);
      assertThat(run.err()).contains("run.yaml is not valid YAML");
    }
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Run run = train(folder.resolve("none.yaml"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("Cannot read the run's file", "none.yaml");
  }

  @Test
  void aRunThatGoesOnHasTheOptionsThatItBeganWith() throws IOException {
    Path file = file("run.yaml", BASE + "dropout: 0.25\nsave-every: 1\n");
    train(file);

    Run run =
        train(folder.resolve("o/run.yaml"), "--resume", folder.resolve("o"), "--dropout", 0.5);
    Run same = train(folder.resolve("o/run.yaml"), "--resume", folder.resolve("o"));

    assertThat(run.err())
        .contains("began with other options: --dropout was \"0.25\" and is \"0.5\". Give those of");
    assertThat(same.status()).as(same.err()).isZero();
    assertThat(same.out()).contains("nothing left to do after step 3");
    // What a resumed run has written is of a new training, too.
    assertThat(train(folder.resolve("o/run.yaml")).err())
        .contains("checkpoint-3 is of an earlier training. Go on from it with --resume");
  }
}
