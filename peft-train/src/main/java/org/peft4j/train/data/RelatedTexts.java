package org.peft4j.train.data;

import java.util.List;
import java.util.OptionalDouble;
import org.peft4j.error.PeftException;

/**
 * Texts whose vectors are compared: two that belong together; an anchor, one that belongs to it and
 * one that does not; or two with a score of how much they do.
 *
 * @param texts two or three
 * @param score of a pair; empty without one
 */
public record RelatedTexts(List<TokenSequence> texts, OptionalDouble score) {
  private static final int MOST = 3;

  /**
   * Checks the texts.
   *
   * @throws PeftException if there are fewer than two or more than three, or three with a score; or
   *     if the score is not finite
   */
  public RelatedTexts {
    texts = List.copyOf(texts);
    boolean many = texts.size() < 2 || texts.size() > MOST;
    if (many || score.isPresent() && texts.size() == MOST) {
      throw new PeftException(
          "An example has %d texts%s; allowed: two, two with a score, or three."
              .formatted(texts.size(), score.isPresent() ? " and a score" : ""));
    }
    if (!Double.isFinite(score.orElse(0))) {
      throw new PeftException(
          "The score of an example is " + score.getAsDouble() + "; allowed: finite numbers.");
    }
  }

  /** Two texts that belong together. */
  public static RelatedTexts pair(TokenSequence first, TokenSequence second) {
    return new RelatedTexts(List.of(first, second), OptionalDouble.empty());
  }

  /** Two texts, and how much they belong together: the cosine that their vectors should have. */
  public static RelatedTexts scored(TokenSequence first, TokenSequence second, double score) {
    return new RelatedTexts(List.of(first, second), OptionalDouble.of(score));
  }

  /** A text, one that belongs to it, and one that does not. */
  public static RelatedTexts triplet(
      TokenSequence anchor, TokenSequence positive, TokenSequence negative) {
    return new RelatedTexts(List.of(anchor, positive, negative), OptionalDouble.empty());
  }
}
