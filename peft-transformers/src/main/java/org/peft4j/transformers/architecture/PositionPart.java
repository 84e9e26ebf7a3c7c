package org.peft4j.transformers.architecture;

/**
 * Learnt embeddings of positions: position p has row {@code p + offset}.
 *
 * @param offset how many rows come before that of the first position: 2 in OPT
 * @param counted whether padding has no position of its own: the p-th token that is no padding has
 *     position p, and padding, wherever it is, the position −1
 */
public record PositionPart(EmbeddingPart table, int offset, boolean counted) {
  public PositionPart {
    if (offset < 0 || counted && offset == 0) {
      throw new IllegalArgumentException(
          "offset is "
              + offset
              + "; allowed: at least 0, and at least 1 where padding has the position −1.");
    }
  }

  /** A row for each position from the left edge on, padding included. */
  public static PositionPart of(EmbeddingPart table) {
    return new PositionPart(table, 0, false);
  }

  /** How many positions there are. */
  public int positions() {
    return table.rows() - offset;
  }
}
