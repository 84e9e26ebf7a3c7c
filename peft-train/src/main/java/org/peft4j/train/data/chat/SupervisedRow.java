package org.peft4j.train.data.chat;

import org.peft4j.train.data.TokenSequence;

/**
 * A row as a model learns it.
 *
 * @param where its file and line
 * @param ids its tokens
 * @param labels the same, with {@link TokenSequence#IGNORED} for what is not learned
 * @param truncated whether tokens were cut off
 */
public record SupervisedRow(String where, int[] ids, int[] labels, boolean truncated) {
  /** The number of tokens that are learned; the first of a row is predicted from nothing. */
  public int trained() {
    int trained = 0;
    for (int i = 1; i < labels.length; i++) {
      trained += labels[i] == TokenSequence.IGNORED ? 0 : 1;
    }
    return trained;
  }
}
