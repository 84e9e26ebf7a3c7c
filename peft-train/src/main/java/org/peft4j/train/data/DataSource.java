package org.peft4j.train.data;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * The batches of a training, one step after the other.
 *
 * @param <B> what an objective takes
 */
public interface DataSource<B extends Batch> {
  /** The number of steps of the whole training, 1 and above. */
  long steps();

  /**
   * The batches of the next step, one at least unless other workers have some; moves on by a step.
   */
  List<B> next();

  /** The number of whole epochs before the present position. */
  long epochs();

  /** The present position, by name: all that {@link #restore} needs to come back to it. */
  Map<String, Long> position();

  /**
   * Goes to a position, so that {@link #next} gives what it would have given there.
   *
   * @throws PeftException if a name is missing or unknown, or a value impossible; the source then
   *     stays where it is
   */
  void restore(Map<String, Long> position);

  /**
   * The arrays, by name, that later batches depend on beside the position: a checkpoint holds them,
   * and restores them in place. None as a rule.
   */
  default Map<String, INDArray> state() {
    return Map.of();
  }

  /** A checksum of the data: a training resumes with the data that it began with. */
  long checksum();
}
