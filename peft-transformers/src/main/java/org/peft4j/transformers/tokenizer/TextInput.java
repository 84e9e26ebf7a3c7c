package org.peft4j.transformers.tokenizer;

import java.util.List;
import org.peft4j.transformers.internal.tokenizer.check.WholeText;

/** What a tokenizer is given: a text, two texts, or the words of a text. */
public sealed interface TextInput {
  /** One text. */
  static TextInput of(String text) {
    return new Text(text);
  }

  /** Two texts that a model reads together: a sentence and another, a question and its context. */
  static TextInput pair(String first, String second) {
    return new Pair(first, second);
  }

  /** The words of one text, as data for the labels of words has them. */
  static TextInput words(List<String> words) {
    return new Words(words);
  }

  /** One text. */
  record Text(String text) implements TextInput {
    /**
     * Checks the text.
     *
     * @throws org.peft4j.error.PeftException if it has half of a surrogate pair
     */
    public Text {
      WholeText.require(text, "The text");
    }
  }

  /** Two texts that a model reads together. */
  record Pair(String first, String second) implements TextInput {
    /**
     * Checks the texts.
     *
     * @throws org.peft4j.error.PeftException if one has half of a surrogate pair
     */
    public Pair {
      WholeText.require(first, "The first text");
      WholeText.require(second, "The second text");
    }
  }

  /**
   * The words of one text. Tokens never span two of them, and places of characters are those in the
   * words.
   */
  record Words(List<String> words) implements TextInput {
    /**
     * Checks the words.
     *
     * @throws org.peft4j.error.PeftException if one has half of a surrogate pair
     */
    public Words {
      words = List.copyOf(words);
      for (int i = 0; i < words.size(); i++) {
        WholeText.require(words.get(i), "Word " + i);
      }
    }
  }
}
