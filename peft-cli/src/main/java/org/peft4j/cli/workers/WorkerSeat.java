package org.peft4j.cli.workers;

import java.util.List;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.parallel.Workers;

/**
 * The place of a command that trains as one of several workers.
 *
 * @param workers all of them
 * @param again whether an earlier try of all has failed, after which they go on from the last
 *     checkpoint
 * @param listeners of the training, beside the command's own
 */
public record WorkerSeat(Workers workers, boolean again, List<TrainingListener> listeners) {
  public WorkerSeat {
    listeners = List.copyOf(listeners);
  }
}
