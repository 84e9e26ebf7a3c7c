package org.peft4j.chat.internal.value;

/** A value with fields that are read by name, as {@code loop}. */
@FunctionalInterface
public interface Fields {
  /** A field, or {@link Undefined}. */
  Object field(String name);
}
