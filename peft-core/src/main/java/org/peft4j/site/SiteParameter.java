package org.peft4j.site;

import java.util.List;

/**
 * A frozen parameter of a {@link Site}.
 *
 * @param name the last segment of its checkpoint key: {@code weight}, {@code bias}, {@code W},
 *     {@code b} …
 * @param shape the shape as stored in a checkpoint
 * @param bias whether the {@code bias} field of a config means it
 */
public record SiteParameter(String name, List<Long> shape, boolean bias) {
  public SiteParameter {
    shape = List.copyOf(shape);
  }

  /** A parameter other than a bias. */
  public static SiteParameter weight(String name, long... shape) {
    return new SiteParameter(name, boxed(shape), false);
  }

  /** A bias vector. */
  public static SiteParameter bias(String name, long... shape) {
    return new SiteParameter(name, boxed(shape), true);
  }

  /** The number of elements. */
  public long count() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** The shape as ND4J takes it. */
  public long[] shapeArray() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  private static List<Long> boxed(long[] shape) {
    return java.util.Arrays.stream(shape).boxed().toList();
  }
}
