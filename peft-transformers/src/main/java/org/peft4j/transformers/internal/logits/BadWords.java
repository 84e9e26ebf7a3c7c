package org.peft4j.transformers.internal.logits;

import java.util.List;

/**
 * Excludes the last token of words whose other tokens the row ends with.
 *
 * @param words each a list of token ids, 1 or more
 */
public record BadWords(List<List<Integer>> words) implements LogitsProcessor {
  public BadWords {
    words = words.stream().map(List::copyOf).toList();
  }

  @Override
  public float[] apply(int[] ids, float[] logits) {
    float[] result = logits.clone();
    for (List<Integer> word : words) {
      if (endsWith(ids, word.subList(0, word.size() - 1))) {
        result[word.get(word.size() - 1)] = Float.NEGATIVE_INFINITY;
      }
    }
    return result;
  }

  private static boolean endsWith(int[] ids, List<Integer> tokens) {
    int from = ids.length - tokens.size();
    for (int i = 0; i < tokens.size(); i++) {
      if (from < 0 || ids[from + i] != tokens.get(i)) {
        return false;
      }
    }
    return true;
  }
}
