package org.peft4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.config.ConfigField;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

class HelpTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "train",
        "eval",
        "predict",
        "embed",
        "generate",
        "merge",
        "quantize",
        "combine",
        "inspect",
        "plan",
        "init",
        "resize",
        "forward"
      })
  void everyCommandHasHelpWithAnExample(String command) {
    Run run = Run.of(command, "--help");

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("Usage: peft " + command, "Example", "--debug", "Exit status");
    assertThat(Run.of("--help").out()).contains("  " + command + " ");
  }

  @Test
  void versionTellsWhatItRunsOn() {
    assertThat(Run.of("--version").out()).matches("peft \\d.*\\(Deeplearning4j 1.*, Java .*\\)\\R");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                                     | which command? train, eval",
        "trian                                                  | Did you mean: peft plan or peft"
            + " train or peft quantize?",
        "inspect                                                | Missing required parameter:"
            + " 'PATH'",
        "inspect a --colour                                     | Unknown option: '--colour'",
        "train -m a -o b                                        | Missing required option: '--data",
        "train -m a -d b -o c --rank many                       | '--rank': 'many' is not an int",
        "inspect a --threads 0                                  | --threads is 0; allowed: 1 and"
            + " above",
        "train -m a -d b -o c --steps 3.5                       | '3.5' is not a long",
        "train -m a -d b -o c --schedule square                 | constant, linear, cosine",
        "train -m a -d b -o c --optimizer adam                  | allowed: adamw, adamw-8bit, paged",
        "train -m a -d b -o c --epochs 1 --steps 1              | give one of them",
        "train -m a -d b -o c --eval e --eval-split 0.1         | give one of them",
        "train -m a -d b -o c --adapter d --rank 4              | leave out --adapter-config and the"
            + " options",
        "train -m a -d b -o c --adapter-config d --target q_proj        | leave out --method, --rank",
        "plan a --adapter-config d --rank 4                             | leave out --method, --rank",
        "predict -d b                                           | give --model, or an --adapter that"
            + " names its base model",
        "predict -m a                                           | Missing required option: '--data",
        "embed -m a -d b                                        | Missing required option: '--output",
        "embed -m a -d b -o c --pooling max                     | expected one of [MEAN, CLS, FIRST,"
            + " LAST]",
        "plan a --precision fp8                                 | expected one of [FP32, BF16]",
        "merge -m a -a b -o c --dtype F8                        | it is F8; allowed: fp32, fp16,"
            + " bf16",
      })
  void wrongUsageIsToldInOneLineThatPointsToTheHelp(String line, String message) {
    Run run = line.isEmpty() ? Run.of() : Run.of((Object[]) line.split(" "));

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message).contains("--help'.").doesNotContain("Exception");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "train --help", "train --no-such-option"})
  void helpAndWrongUsageLoadNoNd4jClass(String line) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xlog:class+load",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName());
    builder.command().addAll(List.of(line.split(" ")));
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();

    assertThat(output)
        .contains("org.peft4j.cli.train.TrainCommand")
        .doesNotContain("org.nd4j", "org.deeplearning4j", "org.bytedeco");
  }

  @Test
  void trainingTellsTheFieldsOfEachMethodWithTheirDefaults() {
    String help = Run.of("train", "--help").out();

    for (PeftMethod<?> method : Methods.all().values()) {
      String title = ", --method " + method.peftType().toLowerCase(Locale.ROOT).replace('_', '-');
      assertThat(help).contains(title);
      String section = help.substring(help.indexOf(title)).split("\\R\\R", 2)[0];
      method.fields().own().stream()
          .filter(ConfigField::settable)
          .forEach(field -> assertThat(section).contains("\n  " + field.name() + "="));
      method
          .trainingOptions()
          .forEach(option -> assertThat(section).contains("--" + option.name() + "=X"));
    }
    assertThat(help)
        .contains("  lora_alpha=8 ", "  use_dora=false ", "  num_virtual_tokens=… ", "or --rank]");
  }
}
