package org.peft4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.data.Examples;

/**
 * Goes through examples epoch by epoch, as the Trainer of Hugging Face transformers does: the last
 * batch of an epoch may be short, or is left out, and its last step has the batches that remain.
 * What a step gets depends on its number alone.
 */
final class EpochSource<B extends Batch> implements DataSource<B> {
  private static final String STEP = "step";

  private final Examples<B> examples;
  private final RowOrder order;
  private final Optional<LengthGroups> groups;
  private final int batchSize;
  private final int accumulated;
  private final long batches;
  private final long stepsOfEpoch;
  private final long steps;
  private long step;
  private long epoch = -1;
  private int[] rows = {};

  EpochSource(Examples<B> examples, FineTuningSettings settings) {
    this.examples = examples;
    order = new RowOrder(examples.size(), settings.shuffle(), settings.seed());
    batchSize = settings.batchSize();
    accumulated = settings.gradientAccumulation();
    groups = settings.groupByLength() ? Optional.of(groups(examples)) : Optional.empty();
    batches = settings.dropLast() ? examples.size() / batchSize : parts(examples.size(), batchSize);
    if (batches == 0) {
      throw new PeftException(
          "The data has "
              + examples.size()
              + " sequences, less than a batch of "
              + batchSize
              + ", and the short batch is to be left out, so that nothing would train. Make the"
              + " batches smaller, or keep the last one.");
    }
    stepsOfEpoch = parts(batches, accumulated);
    steps =
        settings.steps() > 0
            ? settings.steps()
            : Math.multiplyExact(settings.epochs(), stepsOfEpoch);
  }

  private LengthGroups groups(Examples<B> all) {
    long[] lengths = IntStream.range(0, all.size()).mapToLong(all::length).toArray();
    return new LengthGroups(lengths, Math.multiplyExact(batchSize, accumulated));
  }

  /** How many parts of a size there are, the last of which may be smaller. */
  private static long parts(long all, long size) {
    return (all - 1) / size + 1;
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public long epochs() {
    return step / stepsOfEpoch;
  }

  @Override
  public List<B> next() {
    if (epoch != step / stepsOfEpoch) {
      epoch = step / stepsOfEpoch;
      int[] shuffled = order.epoch(epoch);
      rows = groups.map(grouping -> grouping.of(shuffled)).orElse(shuffled);
    }
    long first = step % stepsOfEpoch * accumulated;
    List<B> result = new ArrayList<>();
    for (long batch = first; batch < Math.min(first + accumulated, batches); batch++) {
      int from = (int) (batch * batchSize);
      result.add(
          examples.batch(
              Arrays.copyOfRange(rows, from, from + Math.min(batchSize, rows.length - from))));
    }
    step++;
    return result;
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
  public Map<String, INDArray> state() {
    return examples.state();
  }

  @Override
  public long checksum() {
    return examples.checksum();
  }
}
