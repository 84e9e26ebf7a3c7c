package org.peft4j.benchmarks.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.peft4j.benchmarks.table.Machine;
import org.peft4j.benchmarks.work.Workload;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code compare.sh}. */
@Command(
    name = "compare.sh",
    mixinStandardHelpOptions = true,
    description = "Runs the same work in PEFT4J and in Hugging Face PEFT, in turns.")
public final class Compare implements Callable<Integer> {
  @Option(names = "--models", required = true, hidden = true, description = "folder of the models")
  Path models = Path.of("");

  @Option(names = "--script", required = true, hidden = true, description = "the Python program")
  Path script = Path.of("");

  @Option(names = "--only", split = ",", description = "models: gpt2, tinyllama, bert; default all")
  List<String> only = List.of();

  @Option(
      names = "--precision",
      split = ",",
      description = "fp32, bf16, bf16+checkpointing; default all")
  List<String> precision = List.of();

  @Option(names = "--work", split = ",", description = "${COMPLETION-CANDIDATES}; default all")
  List<Workload> work = List.of();

  @Option(names = "--rounds", description = "processes of each side for a row; default 2")
  int rounds = 2;

  @Option(names = "--steps", description = "steps of a process that count; default 8")
  int steps = 8;

  @Option(names = "--warmup", description = "steps before them; default 2")
  int warmup = 2;

  @Option(names = "--threads", description = "threads of each process; default 2")
  int threads = 2;

  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new Compare());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    System.exit(command.execute(arguments));
  }

  @Override
  public Integer call() {
    List<Row> rows = Row.all().stream().filter(this::wanted).toList();
    if (rows.isEmpty()) {
      System.err.println("No row has that model, precision and work.");
      return 2;
    }
    Path log = models.resolveSibling("compare.log");
    Programs programs = new Programs(threads, log);
    String python = System.getenv().getOrDefault("PYTHON", "python3");
    Optional<String> versions = programs.pythonVersions(python);
    if (versions.isEmpty()) {
      System.err.println(
          "Hugging Face PEFT is skipped: %s lacks torch, transformers, peft or safetensors; PYTHON names another."
              .formatted(python));
    }
    Comparison comparison =
        new Comparison(
            models,
            programs.peak(),
            programs.peft4j(),
            versions.map(present -> programs.huggingFace(python, script)),
            System.err::println);
    String machine = Machine.description();
    List<RowResult> results = new ArrayList<>();
    for (Row row : rows) {
      results.add(
          comparison.measure(row, rounds, List.of("--steps", "" + steps, "--warmup", "" + warmup)));
    }
    System.out.printf("%s · %d threads%n", machine, threads);
    versions.ifPresent(System.out::println);
    System.out.printf("%n%s", Report.of(results));
    return results.stream().allMatch(result -> result.ours().isEmpty()) ? 1 : 0;
  }

  private boolean wanted(Row row) {
    return (only.isEmpty() || only.contains(row.shape().key()))
        && (precision.isEmpty() || precision.contains(row.precisionName()))
        && (work.isEmpty() || work.contains(row.work()));
  }
}
