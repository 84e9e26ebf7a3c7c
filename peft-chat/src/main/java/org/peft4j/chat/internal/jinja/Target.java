package org.peft4j.chat.internal.jinja;

import java.util.List;
import org.peft4j.chat.internal.value.Namespace;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Values;

/** What {@code set} and {@code for} give a value to. */
@FunctionalInterface
interface Target {
  void set(Frame frame, Object value);

  static Target name(String name) {
    return (frame, value) -> frame.set(name, value);
  }

  /** A field of a namespace. */
  static Target field(String name, String field) {
    return (frame, value) -> {
      if (!(frame.get(name) instanceof Namespace namespace)) {
        throw new TemplateProblem(
            "sets " + name + "." + field + "; only a namespace() has fields to set");
      }
      namespace.set(field, value);
    };
  }

  /** Several at once. */
  static Target all(List<Target> targets) {
    return (frame, value) -> {
      List<Object> values = Values.items(frame.budget(), value);
      if (values.size() != targets.size()) {
        throw new TemplateProblem(
            "gives " + values.size() + " values to " + targets.size() + " names");
      }
      for (int i = 0; i < values.size(); i++) {
        targets.get(i).set(frame, values.get(i));
      }
    };
  }
}
