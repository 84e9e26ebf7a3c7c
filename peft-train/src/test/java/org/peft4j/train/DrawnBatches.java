package org.peft4j.train;

import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TokenBatch;

/** Batches of rows drawn with repetition: the next follow from the generator's state alone. */
final class DrawnBatches implements DataSource<TokenBatch> {
  private static final int ROWS = 3;

  private final Examples<TokenBatch> examples;
  private final long steps;
  private long state;

  DrawnBatches(Examples<TokenBatch> examples, long steps, long seed) {
    this.examples = examples;
    this.steps = steps;
    this.state = seed;
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public List<TokenBatch> next() {
    int[] rows = new int[ROWS];
    for (int i = 0; i < ROWS; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      rows[i] = (int) Long.remainderUnsigned(state >>> 33, examples.size());
    }
    return List.of(examples.batch(rows));
  }

  @Override
  public long epochs() {
    return 0;
  }

  @Override
  public Map<String, Long> position() {
    return Map.of("generator", state);
  }

  @Override
  public void restore(Map<String, Long> position) {
    Long saved = position.get("generator");
    if (saved == null || position.size() > 1) {
      throw new PeftException("No position of drawn batches: " + position);
    }
    state = saved;
  }

  @Override
  public long checksum() {
    return examples.checksum();
  }
}
