package org.peft4j.transformers.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;

/**
 * The most tokens that an input may have, and what becomes of the rest. All tokens count, those
 * that the tokenizer puts around a text too.
 *
 * @param tokens the most tokens of an input
 * @param stride how many tokens of the text each window has in common with the one before; empty if
 *     there is one window, and the rest is left out
 */
public record TextLimit(int tokens, OptionalInt stride) {
  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is out of its range
   */
  public TextLimit {
    List<String> problems = new ArrayList<>();
    if (tokens < 1) {
      problems.add("The limit is " + tokens + " tokens; allowed: 1 or more.");
    }
    if (stride.orElse(0) < 0) {
      problems.add("The stride is " + stride.getAsInt() + " tokens; allowed: 0 or more.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException(String.join(" ", problems));
    }
  }

  /** No limit. */
  public static TextLimit none() {
    return of(Integer.MAX_VALUE);
  }

  /**
   * Leaves out what is too much: the end of a text, and of two texts that of the longer one, until
   * both are of the same length; {@code truncation=True} of Hugging Face transformers.
   */
  public static TextLimit of(int tokens) {
    return new TextLimit(tokens, OptionalInt.empty());
  }

  /**
   * Leaves out nothing: a text that is too long comes in several windows. Of two texts, the first
   * is in every window, and the second is cut; {@code truncation="only_second"}, {@code stride} and
   * {@code return_overflowing_tokens} of Hugging Face transformers.
   */
  public static TextLimit windows(int tokens, int stride) {
    return new TextLimit(tokens, OptionalInt.of(stride));
  }
}
