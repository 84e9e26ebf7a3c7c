package org.peft4j.train;

import java.util.List;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.TokenBatch;

/**
 * Pairs of answers, of which the first is the better one.
 *
 * @param pairs each of two batches of one row
 */
record Preference(List<Pair> pairs) implements Batch {
  record Pair(TokenBatch chosen, TokenBatch rejected) {
    int tokens() {
      return chosen.tokens() + rejected.tokens();
    }
  }

  @Override
  public int tokens() {
    return pairs.stream().mapToInt(Pair::tokens).sum();
  }
}
