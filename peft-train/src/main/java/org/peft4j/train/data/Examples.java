package org.peft4j.train.data;

/**
 * The examples of a training or an evaluation, by number.
 *
 * @param <B> what they are put together in
 */
public interface Examples<B extends Batch> {
  /** The number of examples, 1 and above. */
  int size();

  /**
   * Some of them as a batch.
   *
   * @param rows their numbers, from 0
   */
  B batch(int... rows);

  /** The number of tokens of an example: those of similar length may go into one batch. */
  default long length(int row) {
    return batch(row).tokens();
  }

  /** A checksum of everything in them: a training resumes with the data that it began with. */
  long checksum();
}
