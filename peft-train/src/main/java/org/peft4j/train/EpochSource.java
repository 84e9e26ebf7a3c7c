package org.peft4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.data.Examples;
import org.peft4j.train.parallel.WorkerRows;
import org.peft4j.train.parallel.Workers;

/**
 * Goes through examples epoch by epoch, as the Trainer of Hugging Face transformers does: the last
 * batch of an epoch may be short, or is left out, and its last step has the batches that remain.
 * What a step gets depends on its number alone.
 *
 * <p>N workers with batches of B see what one sees with batches of N · B, whether they share the
 * rows of each such batch or have rows of their own. A short batch may leave some without rows.
 */
final class EpochSource<B extends Batch> implements DataSource<B> {
  private static final String STEP = "step";
  private static final int[] NONE = {};

  private final Examples<B> examples;
  private final RowOrder order;
  private final Optional<LengthGroups> groups;
  private final Workers workers;
  private final WorkerRows whose;
  private final LongSupplier checksum;
  private final int batchSize;
  private final int accumulated;
  private final long batches;
  private final long stepsOfEpoch;
  private final long steps;
  private long step;
  private long epoch = -1;
  private int[] rows = {};

  EpochSource(Examples<B> examples, FineTuningSettings settings) {
    this(examples, settings, Workers.alone(), WorkerRows.SHARED);
  }

  EpochSource(
      Examples<B> examples, FineTuningSettings settings, Workers workers, WorkerRows whose) {
    this.examples = examples;
    this.workers = workers;
    this.whose = whose;
    order = new RowOrder(examples.size(), settings.shuffle(), settings.seed());
    boolean shared = whose == WorkerRows.SHARED;
    batchSize = Math.multiplyExact(settings.batchSize(), shared ? workers.size() : 1);
    int size = shared ? examples.size() : workers.most(examples.size());
    checksum = shared ? examples::checksum : checksumOfAll();
    accumulated = settings.gradientAccumulation();
    groups = settings.groupByLength() ? Optional.of(groups(examples)) : Optional.empty();
    batches = settings.dropLast() ? size / batchSize : parts(size, batchSize);
    if (batches == 0) {
      throw new PeftException(
          "The data has "
              + size
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

  /** All workers ask for it here; later, the first one alone may want it. */
  private LongSupplier checksumOfAll() {
    long all = workers.checksum(examples.checksum());
    return () -> all;
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
      int[] own = from < rows.length ? own(from, Math.min(batchSize, rows.length - from)) : NONE;
      if (own.length > 0) {
        result.add(examples.batch(own));
      }
    }
    step++;
    return result;
  }

  /** This worker's part of a batch; parts of shared rows differ in size by one at most. */
  private int[] own(int first, int count) {
    if (whose == WorkerRows.OWN) {
      return Arrays.copyOfRange(rows, first, first + count);
    }
    long from = (long) workers.rank() * count / workers.size();
    long to = (workers.rank() + 1L) * count / workers.size();
    return Arrays.copyOfRange(rows, (int) (first + from), (int) (first + to));
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
    return checksum.getAsLong();
  }
}
