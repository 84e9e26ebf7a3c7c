package org.peft4j.train.objective;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.train.metrics.Mean;

/**
 * The loss of a batch, and what else an objective tells of it, such as rewards.
 *
 * @param value the mean over the batch's predictions
 * @param metrics further means by name, in the order in which they are shown
 */
public record BatchLoss(double value, Map<String, Mean> metrics) {
  public BatchLoss {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /** A loss alone. */
  public static BatchLoss of(double value) {
    return new BatchLoss(value, Map.of());
  }
}
