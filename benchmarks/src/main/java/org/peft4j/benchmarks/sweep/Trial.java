package org.peft4j.benchmarks.sweep;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.benchmarks.table.Seconds;
import org.peft4j.benchmarks.work.AdaptedModel;
import org.peft4j.benchmarks.work.Batches;
import org.peft4j.benchmarks.work.RandomTokens;
import org.peft4j.benchmarks.work.Steps;
import org.peft4j.benchmarks.work.Stopwatch;
import org.peft4j.benchmarks.work.Training;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.transformers.family.Families;

/**
 * Training steps of one model with one adapter, in this process.
 *
 * @param rows of the batch
 * @param time tokens of each row
 */
record Trial(Path model, LoraConfig adapter, int rows, int time) {

  /** Steps of this project's trainer. */
  Seconds fineTuner(Steps steps) {
    try (AdaptedModel adapted = load()) {
      List<StepMetrics> metrics = Training.train(adapted, data(), steps.all());
      return new Seconds(steps.dropWarmup(metrics.stream().map(StepMetrics::stepSeconds).toList()));
    }
  }

  /** Calls of {@code fit} on the wrapped graph. */
  Seconds fit(Steps steps) {
    TokenBatch batch = Batches.all(data());
    List<Double> seconds = new ArrayList<>();
    try (AdaptedModel adapted = load();
        INDArray ids = Nd4j.createFromArray(batch.inputIds());
        INDArray labels = Nd4j.createFromArray(batch.labels())) {
      for (int step = 0; step < steps.all(); step++) {
        Stopwatch watch = Stopwatch.start();
        adapted.network().fit(new MultiDataSet(ids, labels));
        seconds.add(watch.seconds());
      }
    }
    return new Seconds(steps.dropWarmup(seconds));
  }

  private AdaptedModel load() {
    return AdaptedModel.load(model, AdaptedModel.Setting.PLAIN, adapter);
  }

  private TrainingData data() {
    return RandomTokens.data(Families.read(model).vocabularySize(), rows, time);
  }
}
