package org.peft4j.benchmarks.work;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/** The logits, of a language model those of all positions, as {@code graph.output} gives them. */
final class Forward {
  private Forward() {}

  static Timings run(AdaptedModel model, TrainingData data, Steps steps) {
    TokenBatch batch = Batches.all(data);
    List<Double> seconds = new ArrayList<>();
    for (int step = 0; step < steps.all(); step++) {
      Stopwatch watch = Stopwatch.start();
      try (INDArray ids = Nd4j.createFromArray(batch.inputIds());
          INDArray logits = model.network().output(ids)[0]) {
        // Reads a value, so that no work can be skipped.
        logits.getDouble(0);
        seconds.add(watch.seconds());
      }
    }
    return Timings.of(steps, seconds, batch.tokens(), List.of());
  }
}
