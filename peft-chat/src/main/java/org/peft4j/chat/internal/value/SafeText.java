package org.peft4j.chat.internal.value;

/**
 * A text that {@code safe} or {@code escape} gave. jinja2 escapes what such a text is joined with,
 * so that no more is done with it here than printing it.
 */
public record SafeText(String text) {}
