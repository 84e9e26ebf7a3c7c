package org.peft4j.method;

import java.util.List;

/**
 * Where a tensor of an active adapter lies in the network's flat parameter vector. The same place
 * in the flat gradient vector holds its gradient. Elements are in row-major order.
 *
 * @param adapter the adapter's name
 * @param key the tensor's key in an adapter file
 * @param shape the tensor's shape
 * @param offset the index of its first element in the vector
 */
public record TensorPlace(String adapter, String key, List<Long> shape, long offset) {
  public TensorPlace {
    shape = List.copyOf(shape);
  }

  /** The number of elements. */
  public long count() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** The index after its last element. */
  public long end() {
    return offset + count();
  }
}
