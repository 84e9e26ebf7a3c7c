package org.peft4j.transformers.generation;

import java.util.Arrays;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The text of a growing row. Decodes tokens together with the prompt, because many tokenizers drop
 * a leading space.
 */
final class RowText {
  /** Marks the bytes of a character whose other bytes are in a later token. */
  private static final String INCOMPLETE = "\uFFFD";

  private final Tokenizer tokenizer;
  private int[] ids;
  private int told;

  RowText(Tokenizer tokenizer, int[] prompt) {
    this.tokenizer = tokenizer;
    this.ids = prompt.clone();
    this.told = whole().length();
  }

  void add(int id) {
    ids = Arrays.copyOf(ids, ids.length + 1);
    ids[ids.length - 1] = id;
  }

  /** The text since the last call; empty while a character is incomplete. */
  String next() {
    String whole = whole();
    return whole.endsWith(INCOMPLETE) ? "" : since(whole);
  }

  /** The text since the last call, complete or not. */
  String rest() {
    return since(whole());
  }

  private String since(String whole) {
    String text = whole.substring(Math.min(told, whole.length()));
    told = Math.max(told, whole.length());
    return text;
  }

  private String whole() {
    return tokenizer.decode(ids, true);
  }
}
