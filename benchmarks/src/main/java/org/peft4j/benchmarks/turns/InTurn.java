package org.peft4j.benchmarks.turns;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.benchmarks.work.AdaptedModel;
import org.peft4j.benchmarks.work.Batches;
import org.peft4j.benchmarks.work.RandomTokens;
import org.peft4j.benchmarks.work.Stopwatch;
import org.peft4j.benchmarks.work.Training;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code in-turn.sh}. */
@Command(
    name = "in-turn.sh",
    mixinStandardHelpOptions = true,
    description =
        "Times training steps of several adapters on one model in this process, in turns.")
public final class InTurn implements Callable<Integer> {
  private static final String REFERENCE = "lora";
  private static final String FIT = "lora, by fit";

  @Option(names = "--model", required = true, description = "a checkpoint folder")
  Path model = Path.of("");

  @Option(names = "--configs", required = true, description = "a folder of adapters' configs")
  Path configs = Path.of("");

  @Option(names = "--only", split = ",", description = "names of configs; default all")
  List<String> only = List.of();

  @Option(names = "--batch", description = "rows; default 4")
  int batch = 4;

  @Option(names = "--length", description = "tokens of a row; default 128")
  int length = 128;

  @Option(names = "--rounds", description = "steps of each that count; default 8")
  int rounds = 8;

  @Option(names = "--warmup", description = "rounds before them; default 2")
  int warmup = 2;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new InTurn()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    try (CausalLanguageModel base = Transformers.load(model);
        PeftModel<ComputationGraph> peft = Peft.bare(base.graph(), 1)) {
      for (Path config : files()) {
        peft.addAdapter(name(config), AdapterFiles.readConfigFile(config));
      }
      TrainingData data = RandomTokens.data(base.architecture().vocabularySize(), batch, length);
      AdaptedModel adapted = new AdaptedModel(base, peft);
      Turns turns = new Turns();
      for (int round = 0; round < warmup + rounds; round++) {
        Turns counted = round < warmup ? new Turns() : turns;
        for (String adapter : peft.adapters()) {
          peft.setActive(adapter);
          counted.add(adapter, Training.train(adapted, data, 1).get(0).stepSeconds());
        }
        peft.setActive(REFERENCE);
        counted.add(FIT, fit(adapted, Batches.all(data)));
      }
      System.out.print(turns.table(REFERENCE));
    }
    return 0;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(configs)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .filter(
              file -> only.isEmpty() || only.contains(name(file)) || name(file).equals(REFERENCE))
          .sorted()
          .toList();
    }
  }

  private static String name(Path config) {
    return config.getFileName().toString().replace(".json", "").toLowerCase(Locale.ROOT);
  }

  private static double fit(AdaptedModel model, TokenBatch batch) {
    try (INDArray ids = Nd4j.createFromArray(batch.inputIds());
        INDArray labels = Nd4j.createFromArray(batch.labels())) {
      Stopwatch watch = Stopwatch.start();
      model.network().fit(new MultiDataSet(ids, labels));
      return watch.seconds();
    }
  }
}
