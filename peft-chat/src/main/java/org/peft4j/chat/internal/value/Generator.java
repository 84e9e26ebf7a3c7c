package org.peft4j.chat.internal.value;

import java.util.Iterator;
import java.util.List;

/**
 * Items that may be read once, without a length or an index: what {@code map} or {@code select}
 * give.
 */
public final class Generator {
  private final String kind;
  private final Iterator<Object> items;

  /**
   * @param kind the name of the type in Python
   */
  public Generator(String kind, List<Object> items) {
    this.kind = kind;
    this.items = items.iterator();
  }

  Iterator<Object> items() {
    return items;
  }

  String kind() {
    return kind;
  }
}
