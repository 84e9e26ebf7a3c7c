package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
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
    while (Checkpoints.latest(output).stream().noneMatch(found -> reached(found) >= step)) {
      assertThat(alive).accepts(output);
      Thread.sleep(10);
    }
  }

  /** Two workers and the process that has started them, in the middle of a training. */
  private Process training(Path output, Path log) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    Object[] more = {"--processes", 2, "--batch-size", 1, "--save-every", 2};
    Arrays.stream(train(output, 100_000, more)).map(Object::toString).forEach(command::add);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    await(output, 4, path -> process.isAlive());
    assertThat(workers(process.toHandle())).hasSize(2);
    return process;
  }

  @Test
  void whenItIsStoppedAllSaveAndEnd() throws Exception {
    Path output = folder.resolve("stopped");
    Path log = folder.resolve("log.txt");
    Process process = training(output, log);
    List<ProcessHandle> all = workers(process.toHandle());

    process.destroy(); // SIGTERM, which takes the path of Ctrl-C.
    process.waitFor();

    assertThat(all).noneMatch(ProcessHandle::isAlive);
    Path last = Checkpoints.latest(output).orElseThrow();
    assertThat(Files.readString(log)).contains("go on with: peft train --config", "--resume");
    assertThat(output.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(last.resolve("adapter_model.safetensors"));
  }

  /** As by kill -9, or when memory is short: nobody is there to end the workers. */
  @Test
  void whenTheFirstProcessIsKilledTheWorkersSaveAndEndByThemselves() throws Exception {
    Path output = folder.resolve("orphans");
    Process process = training(output, folder.resolve("log.txt"));
    List<ProcessHandle> all = workers(process.toHandle());
    Set<String> sockets = new TreeSet<>();
    try {
      for (ProcessHandle each : all) {
        sockets.addAll(sockets(each));
      }
    } finally {
      process.destroyForcibly().waitFor();
    }

    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (all.stream().anyMatch(ProcessesTest::runs) || !Collections.disjoint(open(), sockets)) {
      assertThat(System.nanoTime()).as("workers or their sockets are there").isLessThan(deadline);
      Thread.sleep(50);
    }
    Path last = Checkpoints.latest(output).orElseThrow();
    assertThat(output.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(last.resolve("adapter_model.safetensors"));
  }

  private static long reached(Path checkpoint) {
    return Long.parseLong(checkpoint.getFileName().toString().substring(11));
  }

  /** Whether a process has not ended; of one that has, somebody else may not have taken notice. */
  private static boolean runs(ProcessHandle process) {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    try {
      return process.isAlive()
          && !(Files.exists(status) && Files.readString(status).contains("State:\tZ"));
    } catch (IOException e) {
      return false; // It has just gone.
    }
  }

  /** The numbers of a process' sockets, where the system tells them. */
  private static Set<String> sockets(ProcessHandle process) throws IOException {
    Set<String> numbers = new TreeSet<>();
    Path files = Path.of("/proc", Long.toString(process.pid()), "fd");
    if (Files.isDirectory(files)) {
      try (Stream<Path> all = Files.list(files)) {
        for (Path file : all.toList()) {
          String target = Files.isSymbolicLink(file) ? Files.readSymbolicLink(file).toString() : "";
          if (target.startsWith("socket:[")) {
            numbers.add(target.substring(8, target.length() - 1));
          }
        }
      }
      assertThat(numbers).isNotEmpty();
    }
    return numbers;
  }

  /** The numbers of all sockets of TCP. */
  private static Set<String> open() throws IOException {
    Set<String> numbers = new TreeSet<>();
    for (Path table : List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"))) {
      if (Files.exists(table)) {
        Files.readAllLines(table).stream()
            .skip(1)
            .map(line -> line.strip().split("\\s+")[9])
            .forEach(numbers::add);
      }
    }
    return numbers;
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
