package org.peft4j.benchmarks.sweep;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.peft4j.benchmarks.table.Machine;
import org.peft4j.benchmarks.table.Seconds;
import org.peft4j.benchmarks.table.Table;
import org.peft4j.benchmarks.work.Steps;
import org.peft4j.lora.LoraConfig;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code sweep.sh}. */
@Command(
    name = "sweep.sh",
    mixinStandardHelpOptions = true,
    description = "Times training steps as tokens, layers and rank grow.")
public final class Sweep implements Callable<Integer> {
  private enum Part {
    TOKENS,
    LAYERS,
    RANK,
    ADAPTER,
    FIT
  }

  @Option(names = "--config", required = true, description = "a config.json")
  Path config = Path.of("");

  @Option(names = "--models", required = true, description = "where models are written to")
  Path models = Path.of("");

  @Option(names = "--only", split = ",", description = "${COMPLETION-CANDIDATES}; default all")
  List<Part> only = List.of(Part.values());

  @Option(names = "--target", split = ",", description = "adapted modules; default c_attn")
  String[] target = {"c_attn"};

  @Option(names = "--tokens", split = ",", description = "default 128,256,512,1024,2048")
  List<Integer> tokens = List.of(128, 256, 512, 1024, 2048);

  @Option(names = "--layers", split = ",", description = "default 1,2,4,8,12")
  List<Integer> layers = List.of(1, 2, 4, 8, 12);

  @Option(names = "--ranks", split = ",", description = "default 1,4,16,64,256")
  List<Integer> ranks = List.of(1, 4, 16, 64, 256);

  @Option(names = "--batch", description = "rows where not tokens but others grow; default 4")
  int batch = 4;

  @Option(names = "--length", description = "tokens of those rows; default 128")
  int length = 128;

  @Option(names = "--steps", description = "steps that count; default 5")
  int steps = 5;

  @Option(names = "--warmup", description = "steps before them; default 2")
  int warmup = 2;

  private static final int RANK = 8;

  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new Sweep());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    System.exit(command.execute(arguments));
  }

  @Override
  public Integer call() {
    int positions = Math.max(length, tokens.stream().mapToInt(i -> i).max().orElse(length));
    SweepModels made = new SweepModels(config, models, positions);
    int depth = made.original().layers();
    System.out.printf("%s%n%s%n", Machine.description(), config.getFileName());
    for (Part part : only) {
      Table table =
          switch (part) {
            case TOKENS -> tokens(made.withLayers(depth));
            case LAYERS -> layers(made);
            case RANK -> ranks(made.withLayers(depth));
            case ADAPTER -> adapter(made.withLayers(depth));
            case FIT -> fit(made.withLayers(depth));
          };
      System.out.printf("%n%s", table);
    }
    return 0;
  }

  private Table tokens(Path model) {
    Table table = new Table("tokens, one row", "s/step min", "s/step median", "ms a token");
    for (int count : tokens) {
      Seconds seconds = new Trial(model, lora(RANK).build(), 1, count).fineTuner(counts());
      add(table, Integer.toString(count), seconds, 1000 * seconds.least() / count);
    }
    return table;
  }

  private Table layers(SweepModels made) {
    Table table = new Table("layers", "s/step min", "s/step median", "ms a layer");
    for (int count : layers) {
      Seconds seconds =
          new Trial(made.withLayers(count), lora(RANK).build(), batch, length).fineTuner(counts());
      add(table, Integer.toString(count), seconds, 1000 * seconds.least() / count);
    }
    return table;
  }

  private Table ranks(Path model) {
    Table table = new Table("rank", "s/step min", "s/step median", "of the first");
    double first = 0;
    for (int rank : ranks) {
      Seconds seconds = new Trial(model, lora(rank).build(), batch, length).fineTuner(counts());
      first = first == 0 ? seconds.least() : first;
      add(table, Integer.toString(rank), seconds, seconds.least() / first);
    }
    return table;
  }

  /**
   * The first row is the frozen model's own forward pass and gradient of the input: one adapter of
   * rank 1 in the first block costs next to nothing, but has the gradient go all the way back.
   */
  private Table adapter(Path model) {
    Table table = new Table("adapter", "s/step min", "s/step median", "of the first");
    Seconds alone =
        new Trial(model, lora(1).layersToTransform(0).build(), batch, length).fineTuner(counts());
    add(table, "rank 1, first block only", alone, 1);
    String names = String.join(", ", target);
    Seconds some = new Trial(model, lora(RANK).build(), batch, length).fineTuner(counts());
    add(table, "rank %d on %s".formatted(RANK, names), some, some.least() / alone.least());
    Seconds all =
        new Trial(model, lora(RANK).targetAllLinear().build(), batch, length).fineTuner(counts());
    add(table, "rank %d on all-linear".formatted(RANK), all, all.least() / alone.least());
    return table;
  }

  private Table fit(Path model) {
    Table table = new Table("training", "s/step min", "s/step median", "of the first");
    Trial trial = new Trial(model, lora(RANK).build(), batch, length);
    Seconds tuner = trial.fineTuner(counts());
    add(table, "FineTuner", tuner, 1);
    Seconds fit = trial.fit(counts());
    add(table, "fit on the wrapped graph", fit, fit.least() / tuner.least());
    return table;
  }

  private Steps counts() {
    return new Steps(warmup, steps);
  }

  private LoraConfig.Builder lora(int rank) {
    return LoraConfig.builder().rank(rank).alpha(2.0 * rank).targetModules(target);
  }

  private static void add(Table table, String what, Seconds seconds, double last) {
    table.row(what, format(seconds.least()), format(seconds.median()), format(last));
  }

  private static String format(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
