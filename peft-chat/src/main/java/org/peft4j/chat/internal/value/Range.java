package org.peft4j.chat.internal.value;

import java.util.AbstractList;

/** Python's {@code range(start, stop, step)}. */
public final class Range extends AbstractList<Object> {
  /** As in jinja2's sandbox. */
  private static final int LONGEST = 100_000;

  private final long start;
  private final long stop;
  private final long step;
  private final int size;

  public Range(long start, long stop, long step) {
    if (step == 0) {
      throw new TemplateProblem("range() has a step of 0");
    }
    double count = Math.ceil(((double) stop - start) / step);
    if (count > LONGEST) {
      throw new TemplateProblem("range() is longer than " + LONGEST + ", the limit");
    }
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.size = Math.max(0, (int) count);
  }

  @Override
  public Object get(int index) {
    return start + index * step;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public String toString() {
    return "range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")");
  }
}
