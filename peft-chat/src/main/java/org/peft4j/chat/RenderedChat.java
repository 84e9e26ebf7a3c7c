package org.peft4j.chat;

import java.util.List;

/**
 * The text of a conversation, with the parts that the assistant said.
 *
 * @param text the whole
 * @param generated the parts within {@code generation} blocks, in their order
 */
public record RenderedChat(String text, List<Span> generated) {
  /** Copies the list. */
  public RenderedChat {
    generated = List.copyOf(generated);
  }

  /**
   * A part of the text.
   *
   * @param begin its first character
   * @param end the character behind its last
   */
  public record Span(int begin, int end) {}
}
