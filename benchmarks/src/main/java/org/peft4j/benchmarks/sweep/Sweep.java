package org.peft4j.benchmarks.sweep;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.peft4j.benchmarks.table.Machine;
import org.peft4j.benchmarks.table.Table;
import org.peft4j.benchmarks.work.Steps;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code sweep.sh}. */
@Command(
    name = "sweep.sh",
    mixinStandardHelpOptions = true,
    description = "Times training steps with growing tokens, layers and rank.")
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

  @Option(names = "--models", required = true, description = "folder for the models")
  Path models = Path.of("");

  @Option(names = "--only", split = ",", description = "${COMPLETION-CANDIDATES}; default all")
  List<Part> only = List.of(Part.values());

  @Option(names = "--target", split = ",", description = "adapted modules; default c_attn")
  String[] target = {"c_attn"};

  @Option(names = "--tokens", split = ",", description = "default 128,256,512,1024,2048,4096")
  List<Integer> tokens = List.of(128, 256, 512, 1024, 2048, 4096);

  @Option(names = "--layers", split = ",", description = "default 1,2,4,8,12")
  List<Integer> layers = List.of(1, 2, 4, 8, 12);

  @Option(names = "--ranks", split = ",", description = "default 1,4,16,64,256")
  List<Integer> ranks = List.of(1, 4, 16, 64, 256);

  @Option(names = "--batch", description = "rows of a batch, unless tokens grow; default 4")
  int batch = 4;

  @Option(names = "--length", description = "tokens of those rows; default 128")
  int length = 128;

  @Option(names = "--steps", description = "steps that count; default 5")
  int steps = 5;

  @Option(names = "--warmup", description = "steps before them; default 2")
  int warmup = 2;

  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new Sweep());
    command.setCaseInsensitiveEnumValuesAllowed(true);
    System.exit(command.execute(arguments));
  }

  @Override
  public Integer call() {
    int positions = Math.max(length, tokens.stream().mapToInt(i -> i).max().orElse(length));
    SweepModels made = new SweepModels(config, models, positions);
    Experiments experiments =
        new Experiments(made, List.of(target), batch, length, new Steps(warmup, steps));
    System.out.printf("%s%n%s%n", Machine.description(), config.getFileName());
    for (Part part : only) {
      Table table =
          switch (part) {
            case TOKENS -> experiments.tokens(tokens);
            case LAYERS -> experiments.layers(layers);
            case RANK -> experiments.ranks(ranks);
            case ADAPTER -> experiments.adapter();
            case FIT -> experiments.fit();
          };
      System.out.printf("%n%s", table);
    }
    return 0;
  }
}
