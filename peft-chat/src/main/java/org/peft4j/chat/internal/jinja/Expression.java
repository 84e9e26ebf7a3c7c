package org.peft4j.chat.internal.jinja;

/** What has a value in a frame. */
@FunctionalInterface
interface Expression {
  Object in(Frame frame);
}
