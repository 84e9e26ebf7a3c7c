package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.train.Checkpoints;

/** {@code peft train --spark-master}, in local mode: workers are threads of the driver. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SparkCommandTest {
  private static final List<String> QUIET =
      List.of(
          "-Dspark.ui.enabled=false",
          "-Dspark.driver.host=127.0.0.1",
          "-Dspark.driver.bindAddress=127.0.0.1",
          "-Dspark.sql.shuffle.partitions=2");

  private final Path folder;

  SparkCommandTest(@TempDir Path folder) {
    this.folder = folder;
    QUIET.forEach(
        option -> {
          String[] pair = option.substring(2).split("=");
          System.setProperty(pair[0], pair[1]);
        });
  }

  private static Object[] train(Path output, int steps, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("train", "-m", Run.LLAMA, "-d", Run.INPUTS));
    arguments.addAll(List.of("--steps", steps, "--schedule", "constant", "--dropout", 0));
    arguments.addAll(List.of("--seed", 5, "--learning-rate", "1e-2", "-o", output));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray();
  }

  private static Object[] onSpark(Path output, int steps, Object... more) {
    List<Object> arguments = new ArrayList<>(Arrays.asList(train(output, steps, more)));
    arguments.addAll(List.of("--spark-master", "local[2]", "--processes", 2, "--batch-size", 1));
    return arguments.toArray();
  }

  /** The driver dies in the middle; another goes on from what it left. */
  @Test
  void aDriverThatIsKilledLeavesACheckpointToResumeFrom() throws Exception {
    Path killed = folder.resolve("killed");
    Process driver = start(onSpark(killed, 100_000, "--save-every", 2));
    long step;
    while ((step = reached(killed)) < 4) {
      assertThat(driver.isAlive()).as(Files.readString(folder.resolve("log.txt"))).isTrue();
      Thread.sleep(10);
    }
    driver.destroyForcibly().waitFor();
    int steps = (int) reached(killed) + 3;

    Run resumed = Run.of(onSpark(killed, steps, "--save-every", 2, "--resume", killed));
    Path one = folder.resolve("one");
    Run alone = Run.of(train(one, steps, "--batch-size", 2));

    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(alone.status()).as(alone.err()).isZero();
    assertThat(resumed.out()).contains("step " + steps + "/" + steps, "adapter saved in " + killed);
    Map<String, float[]> expected = Run.tensors(one);
    Run.tensors(killed)
        .forEach(
            (name, values) ->
                assertThat(values).containsExactly(expected.get(name), within(1e-5f)));
    assertThat(Files.readAllLines(killed.resolve("metrics.jsonl"))).hasSize(steps);
  }

  private Process start(Object... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(QUIET);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log.txt").toFile())
        .start();
  }

  private static long reached(Path output) {
    return Checkpoints.latest(output)
        .map(path -> Long.parseLong(path.getFileName().toString().substring(11)))
        .orElse(-1L);
  }

  @Test
  void whatAWorkerRefusesIsToldOnce() {
    Run run = Run.of(onSpark(folder.resolve("none"), 3, "--learning-rate-of", "nothing_like_it=1"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("peft train: Worker ", "nothing_like_it");
    assertThat(run.err().lines()).hasSize(1);
  }
}
