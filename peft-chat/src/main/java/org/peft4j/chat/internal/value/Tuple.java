package org.peft4j.chat.internal.value;

import java.util.AbstractList;
import java.util.List;

/** Python's {@code tuple}: a list that is printed in parentheses, and equal to tuples only. */
public final class Tuple extends AbstractList<Object> {
  private final List<Object> items;

  private Tuple(List<Object> items) {
    this.items = items;
  }

  public static Tuple of(List<Object> items) {
    return new Tuple(List.copyOf(items));
  }

  @Override
  public Object get(int index) {
    return items.get(index);
  }

  @Override
  public int size() {
    return items.size();
  }
}
