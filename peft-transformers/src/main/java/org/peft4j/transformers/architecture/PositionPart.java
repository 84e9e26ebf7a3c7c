package org.peft4j.transformers.architecture;

/**
 * Learnt embeddings of positions: position p has row {@code p + offset}.
 *
 * @param offset the number of rows before the first position's: 2 in OPT
 * @param counted whether only real tokens count: the p-th of them, from 0 on, has position p, and
 *     all padding has position −1
 */
public record PositionPart(EmbeddingPart table, int offset, boolean counted) {
  public PositionPart {
    if (offset < 0 || counted && offset == 0) {
      throw new IllegalArgumentException(
          "offset is "
              + offset
              + "; allowed: at least 0, and at least 1 if padding has position −1.");
    }
  }

  /** A row for each position from the left edge on; padding counts. */
  public static PositionPart of(EmbeddingPart table) {
    return new PositionPart(table, 0, false);
  }

  /** The number of positions. */
  public int positions() {
    return table.rows() - offset;
  }
}
