package org.peft4j.chat.internal.value;

/** What a template may call: a function, a method of a value, a macro. */
@FunctionalInterface
public interface Callable {
  Object call(Budget budget, Arguments arguments);
}
