package org.peft4j.chat.internal.value;

/** Python's {@code None}. */
public enum None {
  NONE
}
