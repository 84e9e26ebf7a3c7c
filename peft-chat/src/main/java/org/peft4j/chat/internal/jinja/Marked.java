package org.peft4j.chat.internal.jinja;

/** The characters that a {@code generation} block wrote: from, and behind the last. */
public record Marked(int begin, int end) {}
