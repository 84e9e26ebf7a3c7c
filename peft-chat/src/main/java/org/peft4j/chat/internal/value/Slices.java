package org.peft4j.chat.internal.value;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Python's {@code value[start:stop:step]} and {@code value[index]}. */
public final class Slices {
  private Slices() {}

  /**
   * A part of a text or list; parts that are not given are empty.
   *
   * @throws TemplateProblem if a value is no text or list, or the step 0
   */
  public static Object of(
      Budget budget, Object value, Optional<Long> start, Optional<Long> stop, Optional<Long> step) {
    if (!(value instanceof String) && !(value instanceof List<?>)) {
      throw new TemplateProblem("takes a slice of " + Values.type(value) + ", which has none");
    }
    long stride = step.orElse(1L);
    if (stride == 0) {
      throw new TemplateProblem("takes a slice with a step of 0");
    }
    int[] points = value instanceof String text ? text.codePoints().toArray() : new int[0];
    int length = value instanceof List<?> list ? list.size() : points.length;
    long first =
        bound(start.orElse(stride > 0 ? 0L : length - 1L), start.isPresent(), length, stride);
    long end =
        bound(stop.orElse(stride > 0 ? (long) length : -1L), stop.isPresent(), length, stride);
    budget.characters(length);
    StringBuilder part = new StringBuilder();
    List<Object> items = new ArrayList<>();
    for (long i = first; stride > 0 ? i < end : i > end; i += stride) {
      if (value instanceof List<?> list) {
        items.add(list.get((int) i));
      } else {
        part.appendCodePoint(points[(int) i]);
      }
      if (Math.abs(stride) > length) {
        break;
      }
    }
    return value instanceof String
        ? part.toString()
        : value instanceof Tuple ? Tuple.of(items) : items;
  }

  private static long bound(long value, boolean given, int length, long stride) {
    long place = given && value < 0 ? value + length : value;
    return stride > 0
        ? Math.max(0, Math.min(place, length))
        : Math.max(-1, Math.min(place, length - 1L));
  }

  /** The item at an index, which counts from the end below 0; empty if there is none. */
  public static Optional<Object> item(Object value, long index) {
    if (value instanceof List<?> list) {
      long place = index < 0 ? index + list.size() : index;
      return place < 0 || place >= list.size()
          ? Optional.empty()
          : Optional.of(list.get((int) place));
    }
    String text = (String) value;
    int length = text.codePointCount(0, text.length());
    long place = index < 0 ? index + length : index;
    return place < 0 || place >= length
        ? Optional.empty()
        : Optional.of(
            Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) place))));
  }
}
