package org.peft4j.adapter;

import java.util.List;

/**
 * One tensor of an {@link Adapter}.
 *
 * @param name its name after the site's path in an adapter file: {@code lora_A.weight}
 * @param shape its shape there
 * @param initializer its first value
 * @param trains whether it trains; one that does not is saved and loaded with the others, and has
 *     no gradient
 */
public record ParameterSpec(
    String name, List<Long> shape, Initializer initializer, boolean trains) {
  public ParameterSpec {
    shape = List.copyOf(shape);
  }

  /** A tensor that trains. */
  public ParameterSpec(String name, List<Long> shape, Initializer initializer) {
    this(name, shape, initializer, true);
  }

  /** A tensor that trains. */
  public static ParameterSpec of(String name, Initializer initializer, long... shape) {
    return new ParameterSpec(name, java.util.Arrays.stream(shape).boxed().toList(), initializer);
  }

  /** The number of elements. */
  public long count() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** The shape as ND4J takes it. */
  public long[] shapeArray() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
