package org.peft4j.benchmarks.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.peft4j.benchmarks.work.Measurement;
import org.peft4j.benchmarks.work.Peak;
import org.peft4j.benchmarks.work.RandomTokens;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.family.Families;

/** Measures rows: in each round the peak, PEFT4J, and the other side if there is one. */
final class Comparison {
  private final Path folder;
  private final Program peak;
  private final Program ours;
  private final Optional<Program> theirs;
  private final Consumer<String> progress;

  /**
   * @param folder contains the models, and receives the files of token ids
   * @param progress receives every measurement
   */
  Comparison(
      Path folder,
      Program peak,
      Program ours,
      Optional<Program> theirs,
      Consumer<String> progress) {
    this.folder = folder;
    this.peak = peak;
    this.ours = ours;
    this.theirs = theirs;
    this.progress = progress;
  }

  RowResult measure(Row row, int rounds, List<String> steps) {
    Path model = folder.resolve(row.shape().model());
    ModelArchitecture architecture = Families.read(model);
    Path data =
        folder.resolve(
            "tokens-%s-%dx%d.safetensors"
                .formatted(row.shape().model(), row.batch(), row.length()));
    RandomTokens.require(data, architecture, row.batch(), row.length());
    List<String> arguments = new ArrayList<>(row.arguments());
    arguments.addAll(List.of("--model", model.toString(), "--data", data.toString()));
    arguments.addAll(steps);
    List<Peak.Rates> rates = new ArrayList<>();
    Samples mine = new Samples();
    Samples others = new Samples();
    for (int round = 0; round < rounds; round++) {
      run(peak, row, peakArguments(row, model), Peak.Rates.class).ifPresent(rates::add);
      run(ours, row, arguments, Measurement.class).ifPresent(mine::add);
      theirs
          .flatMap(program -> run(program, row, arguments, Measurement.class))
          .ifPresent(others::add);
    }
    return new RowResult(
        row, Cost.of(architecture), rates.stream().reduce(Peak.Rates::max), mine, others);
  }

  private static List<String> peakArguments(Row row, Path model) {
    return List.of(
        "--model",
        model.toString(),
        "--precision",
        row.precision().name(),
        "--tokens",
        Integer.toString(row.batch() * row.length()));
  }

  private <T> Optional<T> run(Program program, Row row, List<String> arguments, Class<T> type) {
    String what = "%s, %s, %s: ".formatted(row.title(), row.precisionName(), program.name());
    try {
      T result = program.run(arguments, type);
      progress.accept(what + result);
      return Optional.of(result);
    } catch (Program.Failed e) {
      progress.accept(what + "failed, " + e.getMessage());
      return Optional.empty();
    }
  }
}
