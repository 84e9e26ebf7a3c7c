package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.data.Examples;

/**
 * Goes through examples epoch by epoch. The rows of all epochs are one stream, which is cut into
 * batches: where an epoch ends within one, the next epoch fills it up, so that only the last batch
 * of all may be short. What a step gets depends on its number alone.
 */
final class EpochSource<B extends Batch> implements DataSource<B> {
  private static final String STEP = "step";

  private final Examples<B> examples;
  private final RowOrder order;
  private final int batchSize;
  private final long rowsPerStep;
  private final long allRows;
  private long step;
  private long epoch = -1;
  private int[] rows = {};

  EpochSource(Examples<B> examples, FineTuningSettings settings) {
    this.examples = examples;
    order = new RowOrder(examples.size(), settings.shuffle(), settings.seed());
    batchSize = settings.batchSize();
    rowsPerStep = (long) batchSize * settings.gradientAccumulation();
    allRows =
        settings.steps() > 0
            ? Math.multiplyExact(settings.steps(), rowsPerStep)
            : (long) settings.epochs() * examples.size();
  }

  @Override
  public long steps() {
    return (allRows - 1) / rowsPerStep + 1;
  }

  @Override
  public long epochs() {
    return Math.min(step * rowsPerStep, allRows) / examples.size();
  }

  @Override
  public List<B> next() {
    long end = Math.min((step + 1) * rowsPerStep, allRows);
    List<B> batches = new ArrayList<>();
    for (long from = step * rowsPerStep; from < end; from += batchSize) {
      int[] batch = new int[(int) Math.min(batchSize, end - from)];
      for (int i = 0; i < batch.length; i++) {
        batch[i] = row(from + i);
      }
      batches.add(examples.batch(batch));
    }
    step++;
    return batches;
  }

  private int row(long position) {
    if (epoch != position / examples.size()) {
      epoch = position / examples.size();
      rows = order.epoch(epoch);
    }
    return rows[(int) (position % examples.size())];
  }

  @Override
  public Map<String, Long> position() {
    return Map.of(STEP, step);
  }

  @Override
  public void restore(Map<String, Long> position) {
    Long to = position.get(STEP);
    if (to == null || position.size() > 1 || to < 0 || to > Integer.MAX_VALUE) {
      throw new PeftException(
          "The position of the data is "
              + position
              + "; needed: "
              + STEP
              + ", 0 to "
              + Integer.MAX_VALUE
              + ", and nothing else.");
    }
    step = to;
  }

  @Override
  public long checksum() {
    return examples.checksum();
  }
}
