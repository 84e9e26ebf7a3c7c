package org.peft4j.transformers.architecture;

import java.util.OptionalInt;

/**
 * Learnt embeddings of positions: position p has row {@code p + offset}.
 *
 * @param offset the number of rows before the first position's: 2 in OPT
 * @param counted whether only real tokens count: the p-th of them, from 0 on, has position p, and
 *     all padding has position −1
 * @param paddingId the token that is padding where tokens are counted, whatever the mask says, in
 *     sequences without virtual tokens; behind virtual tokens all tokens count: RoBERTa. Empty
 *     where the mask says what is padding
 */
public record PositionPart(
    EmbeddingPart table, int offset, boolean counted, OptionalInt paddingId) {
  public PositionPart {
    if (offset < 0 || counted && offset == 0) {
      throw new IllegalArgumentException(
          "offset is "
              + offset
              + "; allowed: at least 0, and at least 1 if padding has position −1.");
    }
  }

  /** Positions of which the mask says what is padding. */
  public PositionPart(EmbeddingPart table, int offset, boolean counted) {
    this(table, offset, counted, OptionalInt.empty());
  }

  /** A row for each position from the left edge on; padding counts. */
  public static PositionPart of(EmbeddingPart table) {
    return new PositionPart(table, 0, false);
  }

  /** Counts the tokens other than {@code paddingId}, whose row that of the padding is. */
  public static PositionPart after(EmbeddingPart table, int paddingId) {
    return new PositionPart(table, paddingId + 1, true, OptionalInt.of(paddingId));
  }

  /** The number of positions. */
  public int positions() {
    return table.rows() - offset;
  }
}
