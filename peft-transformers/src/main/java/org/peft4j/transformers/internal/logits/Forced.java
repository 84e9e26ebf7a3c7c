package org.peft4j.transformers.internal.logits;

import java.util.Arrays;
import java.util.Set;

/**
 * Excludes all tokens but some where the row has a certain length: a forced first or last token.
 * Their logits are 0 then.
 *
 * @param length of the row, prompt included
 */
public record Forced(Set<Integer> tokens, int length) implements LogitsProcessor {
  public Forced {
    tokens = Set.copyOf(tokens);
  }

  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] result = logits.clone();
    if (ids.length == length) {
      Arrays.fill(result, Float.NEGATIVE_INFINITY);
      tokens.forEach(id -> result[id] = 0);
    }
    return result;
  }
}
