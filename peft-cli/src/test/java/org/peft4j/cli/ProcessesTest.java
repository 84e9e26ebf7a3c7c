package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.train.Checkpoints;

/** {@code peft train --processes}. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ProcessesTest {
  private final Path folder;

  ProcessesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static Object[] train(Path output, int steps, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("train", "-m", Run.LLAMA, "-d", Run.INPUTS));
    arguments.addAll(List.of("--steps", steps, "--dropout", 0, "--seed", 5));
    arguments.addAll(List.of("--learning-rate", "1e-2", "-o", output));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray();
  }

  @Test
  void twoProcessesTrainAsOneWithTwiceTheBatch() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    Object[] evaluated = {"--eval", Run.INPUTS, "--eval-every", 3};

    assertThat(Run.of(Run.with(train(one, 6, "--batch-size", 2), evaluated)).status()).isZero();
    Run run = Run.of(Run.with(train(two, 6, "--batch-size", 1, "--processes", 2), evaluated));

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("step 6/6", "adapter saved in " + two);
    Map<String, float[]> expected = Run.tensors(one);
    assertThat(Run.tensors(two)).hasSameSizeAs(expected);
    Run.tensors(two)
        .forEach(
            (name, values) ->
                assertThat(values).containsExactly(expected.get(name), within(1e-5f)));
    assertThat(Run.numbers(two, "loss")).containsExactly(Run.numbers(one, "loss"), within(1e-5));
    assertThat(Run.numbers(two, "eval_loss")).hasSize(2);
    assertThat(Run.numbers(two, "eval_loss"))
        .containsExactly(Run.numbers(one, "eval_loss"), within(1e-5));
  }

  private static List<ProcessHandle> workers(ProcessHandle parent) {
    return parent
        .descendants()
        .filter(each -> each.info().commandLine().orElse("").contains("-Dpeft.worker="))
        .toList();
  }

  private static void await(Path output, long step, Predicate<Path> alive)
      throws InterruptedException {
    while (Checkpoints.latest(output).stream()
        .noneMatch(found -> Long.parseLong(found.getFileName().toString().substring(11)) >= step)) {
      assertThat(alive).accepts(output);
      Thread.sleep(10);
    }
  }

  @Test
  void whenItIsStoppedAllSaveAndEnd() throws Exception {
    Path output = folder.resolve("stopped");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    Object[] more = {"--processes", 2, "--batch-size", 1, "--save-every", 2};
    Arrays.stream(train(output, 100_000, more)).map(Object::toString).forEach(command::add);
    Path log = folder.resolve("log.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    await(output, 4, path -> process.isAlive());
    List<ProcessHandle> all = workers(process.toHandle());
    assertThat(all).hasSize(2);

    process.destroy(); // SIGTERM, which takes the path of Ctrl-C.
    process.waitFor();

    assertThat(all).noneMatch(ProcessHandle::isAlive);
    Path last = Checkpoints.latest(output).orElseThrow();
    assertThat(Files.readString(log)).contains("go on with: peft train --config", "--resume");
    assertThat(output.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(last.resolve("adapter_model.safetensors"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--processes 0                              | --processes is 0; allowed: 1 and above",
        "--processes 2 --dry-run                    | leave out --processes",
        "--processes 2 --find-learning-rate         | leave out --processes",
        "--processes 2 --task text-to-image         | not for --task text-to-image",
        "--spark-master local[2]                    | as --processes says; give both",
      })
  void whatCannotGoTogetherIsRefused(String options, String message) {
    Run run = Run.of(train(folder.resolve("none"), 2, (Object[]) options.split(" ")));

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void anotherNumberOfProcessesDoesNotGoOn() throws Exception {
    Path output = folder.resolve("begun");
    assertThat(Run.of(train(output, 4, "--save-every", 2)).status()).isZero();

    Run run = Run.of(train(output, 8, "--resume", output, "--processes", 2));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("--processes was \"\" and is \"2\"");
  }
}
