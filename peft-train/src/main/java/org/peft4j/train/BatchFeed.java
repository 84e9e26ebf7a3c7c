package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/**
 * The batches of each step. The rows of all epochs are one stream, which is cut into batches: where
 * an epoch ends within one, the next epoch fills it up, so that only the last batch of all may be
 * short. What a step gets depends on its number alone: training can go on from any step.
 */
final class BatchFeed {
  private final TrainingData data;
  private final RowOrder order;
  private final int batchSize;
  private final long rowsPerStep;
  private final long allRows;
  private long epoch = -1;
  private int[] rows = {};

  BatchFeed(TrainingData data, FineTuningSettings settings) {
    this.data = data;
    order = new RowOrder(data.size(), settings.shuffle(), settings.seed());
    batchSize = settings.batchSize();
    rowsPerStep = (long) batchSize * settings.gradientAccumulation();
    allRows =
        settings.steps() > 0
            ? Math.multiplyExact(settings.steps(), rowsPerStep)
            : (long) settings.epochs() * data.size();
  }

  /** The number of steps of the whole training. */
  long steps() {
    return (allRows - 1) / rowsPerStep + 1;
  }

  /** The number of whole epochs in the first {@code steps} steps. */
  long epochs(long steps) {
    return Math.min(steps * rowsPerStep, allRows) / data.size();
  }

  /** The batches of a step, counted from 0. */
  List<TokenBatch> step(long step) {
    long end = Math.min((step + 1) * rowsPerStep, allRows);
    List<TokenBatch> batches = new ArrayList<>();
    for (long from = step * rowsPerStep; from < end; from += batchSize) {
      int[] batch = new int[(int) Math.min(batchSize, end - from)];
      for (int i = 0; i < batch.length; i++) {
        batch[i] = row(from + i);
      }
      batches.add(data.batch(batch));
    }
    return batches;
  }

  private int row(long position) {
    if (epoch != position / data.size()) {
      epoch = position / data.size();
      rows = order.epoch(epoch);
    }
    return rows[(int) (position % data.size())];
  }
}
