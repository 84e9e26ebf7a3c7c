package org.peft4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.cli.Main;
import org.peft4j.train.Checkpoints;

/** {@code peft train} in a process of its own, which is stopped or killed on the way. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class KilledTrainingTest {
  private static final Path GOLDEN =
      Path.of("../peft-transformers/src/test/resources/golden/llama_qv").toAbsolutePath();
  private static final int STEPS = 60;

  private final Path folder;

  KilledTrainingTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void modelIsThere() {
    assertThat(base().resolve("config.json")).exists();
  }

  private static Path base() {
    return GOLDEN.resolveSibling("bases/llama");
  }

  private Process start(Path output, Object... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("train", "-m", base().toString()));
    command.addAll(List.of("-d", GOLDEN.resolve("inputs.safetensors").toString()));
    command.addAll(List.of("--eval", GOLDEN.resolve("inputs.safetensors").toString()));
    command.addAll(List.of("--eval-every", "7", "--steps", "" + STEPS, "--batch-size", "1"));
    command.addAll(List.of("--grad-accumulation", "2", "--dropout", "0.3", "--seed", "5"));
    command.addAll(List.of("--learning-rate", "1e-2", "--weight-decay", "0.1"));
    command.addAll(List.of("--output", output.toString()));
    for (Object argument : more) {
      command.add(argument.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OMP_NUM_THREADS", "1");
    return builder.redirectOutput(folder.resolve("log.txt").toFile()).start();
  }

  private void finish(Process process) throws IOException, InterruptedException {
    assertThat(process.waitFor()).as(Files.readString(folder.resolve("log.txt"))).isZero();
  }

  private static long reached(Path output) {
    return Checkpoints.latest(output)
        .map(path -> Long.parseLong(path.getFileName().toString().substring(11)))
        .orElse(-1L);
  }

  private void await(Process process, Path output, long step)
      throws IOException, InterruptedException {
    while (reached(output) < step) {
      assertThat(process.isAlive()).as(Files.readString(folder.resolve("log.txt"))).isTrue();
      Thread.sleep(2);
    }
  }

  private static String metrics(Path output) throws IOException {
    return Files.readString(output.resolve("metrics.jsonl")).replaceAll(",\"step_seconds[^}]*", "");
  }

  @Test
  void aTrainingThatIsKilledGoesOnAsIfItHadNeverBeen() throws IOException, InterruptedException {
    Path whole = folder.resolve("whole");
    finish(start(whole, "--save-every", 1));
    Path killed = folder.resolve("killed");
    Process first = start(killed, "--save-every", 1);
    await(first, killed, 9);
    first.destroyForcibly().waitFor();
    long before = reached(killed);

    Process second = start(killed, "--save-every", 1, "--resume", killed);
    await(second, killed, before + 11);
    second.destroyForcibly().waitFor();

    assertThat(first.exitValue()).isEqualTo(137);
    assertThat(second.exitValue()).isEqualTo(137);
    assertThat(reached(killed)).isLessThan(STEPS);
    assertThat(killed.resolve("adapter_model.safetensors")).doesNotExist();

    finish(start(killed, "--save-every", 1, "--resume", killed));

    assertThat(metrics(killed)).isEqualTo(metrics(whole)).contains("eval_loss");
    for (String file : List.of("adapter_model.safetensors", "adapter_config.json")) {
      assertThat(killed.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @Test
  void aTrainingThatIsStoppedSavesACheckpointAndTellsHowToGoOn()
      throws IOException, InterruptedException {
    Path output = folder.resolve("stopped");
    Process process = start(output, "--save-every", 3);
    await(process, output, 6);
    process.destroy(); // SIGTERM, which takes the path of Ctrl-C.
    process.waitFor();

    String log = Files.readString(folder.resolve("log.txt"));
    long step = reached(output);
    assertThat(log)
        .contains(
            "checkpoint of step "
                + step
                + " written; go on with: peft train --config "
                + output.resolve("run.yaml")
                + " --resume "
                + output);
    assertThat(output.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(
            output.resolve("checkpoint-" + step + "/adapter_model.safetensors"));
    assertThat(step).isLessThan(STEPS);
  }
}
