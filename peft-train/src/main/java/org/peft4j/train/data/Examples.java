package org.peft4j.train.data;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

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

  /**
   * The arrays, by name, that later batches depend on: a checkpoint holds them, and restores them
   * in place. None as a rule.
   */
  default Map<String, INDArray> state() {
    return Map.of();
  }

  /** A checksum of everything in them: a training resumes with the data that it began with. */
  long checksum();
}
