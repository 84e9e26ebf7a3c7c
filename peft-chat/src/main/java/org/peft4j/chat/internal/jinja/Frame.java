package org.peft4j.chat.internal.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Undefined;

/**
 * The names that a statement sees, and where it writes. A frame within another sees that one's
 * names and hides them with its own.
 */
final class Frame {
  private final Optional<Frame> outer;
  private final Map<String, Object> names = new HashMap<>();
  private final Rendering rendering;
  private final Output output;

  private Frame(Optional<Frame> outer, Rendering rendering, Output output) {
    this.outer = outer;
    this.rendering = rendering;
    this.output = output;
  }

  static Frame root(Rendering rendering, Map<String, Object> names) {
    Frame frame = new Frame(Optional.empty(), rendering, rendering.output());
    frame.names.putAll(names);
    return frame;
  }

  /** A frame within this one. */
  Frame inner() {
    return new Frame(Optional.of(this), rendering, output);
  }

  /** A frame within this one that writes elsewhere. */
  Frame capturing() {
    return new Frame(Optional.of(this), rendering, output.another());
  }

  Object get(String name) {
    for (Optional<Frame> frame = Optional.of(this); frame.isPresent(); frame = frame.get().outer) {
      Object value = frame.get().names.get(name);
      if (value != null) {
        return value;
      }
    }
    return Undefined.name(name);
  }

  void set(String name, Object value) {
    names.put(name, value);
  }

  Output output() {
    return output;
  }

  Rendering rendering() {
    return rendering;
  }

  Budget budget() {
    return rendering.budget();
  }
}
