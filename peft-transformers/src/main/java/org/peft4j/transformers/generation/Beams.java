package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * Beam search: the likeliest texts as a whole, of which several grow side by side. Names and
 * defaults are those of Hugging Face transformers.
 *
 * @param count {@code num_beams}, the number of texts that grow; 1 for no beam search
 * @param lengthPenalty {@code length_penalty} p: a text of n new tokens scores Σ log p / n^p, so
 *     that above 0 longer texts gain
 * @param earlyStopping when to end
 * @param returned {@code num_return_sequences}, the texts to return for each prompt, at most {@code
 *     count} with more than one beam
 */
public record Beams(int count, double lengthPenalty, EarlyStopping earlyStopping, int returned) {
  /** No beam search. */
  public static final Beams NONE = new Beams(1, 1, EarlyStopping.NO, 1);

  /**
   * Checks every range.
   *
   * @throws PeftException listing all values out of range
   */
  public Beams {
    List<String> problems = new ArrayList<>();
    if (count < 1) {
      problems.add("numBeams is " + count + "; allowed: 1 or more.");
    }
    if (!Double.isFinite(lengthPenalty)) {
      problems.add("lengthPenalty is " + lengthPenalty + "; allowed: a finite number.");
    }
    if (returned < 1 || count > 1 && returned > count) {
      problems.add(
          "numReturnSequences is "
              + returned
              + "; allowed: 1 to numBeams, which is "
              + count
              + ".");
    }
    if (!problems.isEmpty()) {
      throw new PeftException("Invalid Beams: " + String.join(" ", problems));
    }
  }

  /** Beam search with the defaults for the rest: a length penalty of 1, one text returned. */
  public static Beams of(int count) {
    return new Beams(count, 1, EarlyStopping.NO, 1);
  }

  /** The same that returns so many texts. */
  public Beams returning(int texts) {
    return new Beams(count, lengthPenalty, earlyStopping, texts);
  }
}
