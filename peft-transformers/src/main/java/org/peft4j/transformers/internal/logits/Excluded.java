package org.peft4j.transformers.internal.logits;

import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Excludes tokens while the row has certain lengths: at its beginning, below a least length, or
 * always.
 *
 * @param lengths of the row, prompt included, at which they are excluded
 */
public record Excluded(Set<Integer> tokens, IntPredicate lengths) implements LogitsProcessor {
  public Excluded {
    tokens = Set.copyOf(tokens);
  }

  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] result = logits.clone();
    if (lengths.test(ids.length)) {
      tokens.forEach(id -> result[id] = Float.NEGATIVE_INFINITY);
    }
    return result;
  }
}
