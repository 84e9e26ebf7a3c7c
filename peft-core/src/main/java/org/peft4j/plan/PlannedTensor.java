package org.peft4j.plan;

import java.util.List;

/**
 * A trainable tensor that would be made.
 *
 * @param key its key in an adapter file
 * @param shape its shape there
 */
public record PlannedTensor(String key, List<Long> shape) {
  public PlannedTensor {
    shape = List.copyOf(shape);
  }

  /** The number of elements. */
  public long count() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }
}
