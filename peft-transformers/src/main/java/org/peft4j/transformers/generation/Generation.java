package org.peft4j.transformers.generation;

import java.util.Arrays;
import java.util.List;

/**
 * The tokens generated for a batch of prompts.
 *
 * @param rows one for each prompt, in the prompts' order
 * @param padTokenId fills up shorter rows
 */
public record Generation(List<GeneratedRow> rows, int padTokenId) {
  public Generation {
    rows = List.copyOf(rows);
  }

  /**
   * Prompts and tokens as a matrix: prompts padded on the left, tokens on the right, like the
   * result of Hugging Face transformers' {@code generate}.
   */
  public int[][] padded() {
    int prompt = rows.stream().mapToInt(row -> row.prompt().size()).max().orElse(0);
    int tokens = rows.stream().mapToInt(row -> row.tokens().size()).max().orElse(0);
    int[][] ids = new int[rows.size()][prompt + tokens];
    for (int i = 0; i < ids.length; i++) {
      Arrays.fill(ids[i], padTokenId);
      put(rows.get(i).prompt(), ids[i], prompt - rows.get(i).prompt().size());
      put(rows.get(i).tokens(), ids[i], prompt);
    }
    return ids;
  }

  private static void put(List<Integer> from, int[] to, int at) {
    for (int i = 0; i < from.size(); i++) {
      to[at + i] = from.get(i);
    }
  }
}
