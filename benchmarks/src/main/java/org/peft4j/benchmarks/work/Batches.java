package org.peft4j.benchmarks.work;

import java.util.stream.IntStream;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/** All rows of some data as one batch. */
public final class Batches {
  private Batches() {}

  /** The batch. */
  public static TokenBatch all(TrainingData data) {
    return data.batch(IntStream.range(0, data.size()).toArray());
  }
}
