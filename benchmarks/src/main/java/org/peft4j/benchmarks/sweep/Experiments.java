package org.peft4j.benchmarks.sweep;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.peft4j.benchmarks.table.Seconds;
import org.peft4j.benchmarks.table.Table;
import org.peft4j.benchmarks.work.Steps;
import org.peft4j.lora.LoraConfig;

/**
 * Varies one quantity at a time and tabulates the times.
 *
 * @param target adapted modules, unless an experiment has others
 * @param rows of a batch, unless the tokens grow
 * @param time tokens of each row
 */
record Experiments(SweepModels models, List<String> target, int rows, int time, Steps steps) {
  private static final int RANK = 8;

  /** Times for growing sequences. */
  Table tokens(List<Integer> tokens) {
    Table table = new Table("tokens, one row", "s/step min", "s/step median", "ms a token");
    for (int count : tokens) {
      Seconds seconds = new Trial(wholeModel(), lora(RANK).build(), 1, count).fineTuner(steps);
      add(table, Integer.toString(count), seconds, 1000 * seconds.least() / count);
    }
    return table;
  }

  /** Times for more blocks. */
  Table layers(List<Integer> layers) {
    Table table = new Table("layers", "s/step min", "s/step median", "ms a layer");
    for (int count : layers) {
      Seconds seconds =
          new Trial(models.withLayers(count), lora(RANK).build(), rows, time).fineTuner(steps);
      add(table, Integer.toString(count), seconds, 1000 * seconds.least() / count);
    }
    return table;
  }

  /** Times for growing ranks. */
  Table ranks(List<Integer> ranks) {
    Table table = new Table("rank", "s/step min", "s/step median", "of the first");
    double first = 0;
    for (int rank : ranks) {
      Seconds seconds = train(lora(rank));
      first = first == 0 ? seconds.least() : first;
      add(table, Integer.toString(rank), seconds, seconds.least() / first);
    }
    return table;
  }

  /**
   * The first row is the frozen model's own forward pass and input gradient: one adapter of rank 1
   * in the first block costs almost nothing, but the gradient goes all the way back.
   */
  Table adapter() {
    Table table = new Table("adapter", "s/step min", "s/step median", "of the first");
    Seconds alone = train(lora(1).layersToTransform(0));
    add(table, "rank 1, first block only", alone, 1);
    String names = String.join(", ", target);
    Seconds some = train(lora(RANK));
    add(table, "rank %d on %s".formatted(RANK, names), some, some.least() / alone.least());
    Seconds all = train(lora(RANK).targetAllLinear());
    add(table, "rank %d on all-linear".formatted(RANK), all, all.least() / alone.least());
    return table;
  }

  /** This project's trainer against the network's own. */
  Table fit() {
    Table table = new Table("training", "s/step min", "s/step median", "of the first");
    Trial trial = new Trial(wholeModel(), lora(RANK).build(), rows, time);
    Seconds tuner = trial.fineTuner(steps);
    add(table, "FineTuner", tuner, 1);
    Seconds fit = trial.fit(steps);
    add(table, "fit on the wrapped graph", fit, fit.least() / tuner.least());
    return table;
  }

  private Seconds train(LoraConfig.Builder adapter) {
    return new Trial(wholeModel(), adapter.build(), rows, time).fineTuner(steps);
  }

  private Path wholeModel() {
    return models.withLayers(models.original().body().blocks().size());
  }

  private LoraConfig.Builder lora(int rank) {
    return LoraConfig.builder()
        .rank(rank)
        .alpha(2.0 * rank)
        .targetModules(target.toArray(new String[0]));
  }

  private static void add(Table table, String what, Seconds seconds, double last) {
    table.row(what, format(seconds.least()), format(seconds.median()), format(last));
  }

  private static String format(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
