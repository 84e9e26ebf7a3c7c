package org.peft4j.transformers.evaluation;

import java.util.List;
import org.peft4j.error.PeftException;

/**
 * The words of a text with their tags.
 *
 * @param tags names of the model's labels, one for each word
 */
public record LabelledWords(List<String> words, List<String> tags) {
  /**
   * Checks the tags.
   *
   * @throws PeftException if there is not one for each word
   */
  public LabelledWords {
    words = List.copyOf(words);
    tags = List.copyOf(tags);
    if (words.size() != tags.size()) {
      throw new PeftException(
          "There are %d tags for %d words, %s; each word has one."
              .formatted(tags.size(), words.size(), words));
    }
  }
}
