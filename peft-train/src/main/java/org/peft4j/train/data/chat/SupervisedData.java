package org.peft4j.train.data.chat;

import java.util.List;
import org.peft4j.train.data.TrainingData;

/**
 * The rows of a file, ready to be learned.
 *
 * @param data to train on
 * @param rows the same, to be looked at
 * @param counts what was read
 */
public record SupervisedData(TrainingData data, List<SupervisedRow> rows, Counts counts) {
  /** Copies the list. */
  public SupervisedData {
    rows = List.copyOf(rows);
  }

  /**
   * What was read.
   *
   * @param rows of the file
   * @param tokens of the rows that are kept, after cutting
   * @param trained those of them that are learned
   * @param truncated rows that were cut
   * @param dropped rows of which the cut left nothing to learn
   */
  public record Counts(int rows, long tokens, long trained, int truncated, int dropped) {
    /** The share of the tokens that is learned. */
    public double trainedShare() {
      return tokens == 0 ? 0 : (double) trained / tokens;
    }
  }
}
