package org.peft4j.benchmarks.compare;

import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.peft4j.benchmarks.work.Measure;
import org.peft4j.benchmarks.work.Peak;

/** The programs of a comparison, with equal numbers of threads. */
final class Programs {
  private static final String PACKAGES =
      "import sys, torch, transformers, peft, safetensors; print('Python', sys.version.split()[0],"
          + " '· torch', torch.__version__, '· transformers', transformers.__version__, '· peft',"
          + " peft.__version__)";

  private static final String VECTORS = "jdk.incubator.vector";

  private final int threads;
  private final Path log;

  Programs(int threads, Path log) {
    this.threads = threads;
    this.log = log;
  }

  Program peft4j() {
    return java("PEFT4J", Measure.class);
  }

  Program peak() {
    return java("peak", Peak.class);
  }

  /**
   * A JVM as the launcher {@code peft} starts it for generation, except for the number of
   * processors.
   */
  private Program java(String name, Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:ActiveProcessorCount=" + threads,
            "-XX:MaxRAMPercentage=50",
            "-XX:+UseSerialGC",
            "-Xms64m",
            "-XX:NewSize=32m",
            "-XX:MaxNewSize=32m",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"));
    if (ModuleFinder.ofSystem().find(VECTORS).isPresent()) {
      command.addAll(List.of("--add-modules", VECTORS));
    }
    command.addAll(
        System.getenv()
            .getOrDefault("PEFT_JAVA_OPTS", "")
            .lines()
            .flatMap(line -> Stream.of(line.strip().split(" +")))
            .filter(option -> !option.isEmpty())
            .toList());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    return new Program(
        name,
        command,
        Map.of(
            "OMP_NUM_THREADS", Integer.toString(threads),
            "OPENBLAS_NUM_THREADS", Integer.toString(threads),
            "OMP_WAIT_POLICY", System.getenv().getOrDefault("OMP_WAIT_POLICY", "PASSIVE"),
            "MALLOC_MMAP_THRESHOLD_", "4194304",
            "OPT_OUT_TRACKING", "true"),
        log);
  }

  /**
   * PyTorch with its defaults: it decides how its threads wait, unless {@code OMP_WAIT_POLICY} is
   * set.
   */
  Program huggingFace(String python, Path script) {
    return new Program(
        "Hugging Face PEFT",
        List.of(python, script.toString(), "--threads", Integer.toString(threads)),
        Map.of(
            "OMP_NUM_THREADS", Integer.toString(threads),
            "MKL_NUM_THREADS", Integer.toString(threads)),
        log);
  }

  /** The versions of the Python side's packages; empty if one is missing. */
  Optional<String> pythonVersions(String python) {
    Program program = new Program("python", List.of(python, "-c", PACKAGES), Map.of(), log);
    try {
      return Optional.of(program.output(List.of()).strip());
    } catch (Program.Failed e) {
      return Optional.empty();
    }
  }
}
