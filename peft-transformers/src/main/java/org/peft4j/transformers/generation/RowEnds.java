package org.peft4j.transformers.generation;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * What ends a row, whatever its length.
 *
 * @param prompt the number of tokens that rows begin with, padding included
 */
record RowEnds(
    Set<Integer> endOfText, List<String> stopStrings, Optional<Tokenizer> tokenizer, int prompt) {
  RowEnds {
    if (!stopStrings.isEmpty() && tokenizer.isEmpty()) {
      throw new PeftException(
          "stopStrings is "
              + stopStrings
              + ", and there is no tokenizer to read the text with. Give one:"
              + " Generator.with(tokenizer).");
    }
  }

  /** Why a row that has just got its last token ends; empty if it goes on. */
  Optional<Ending> of(int[] ids) {
    if (endOfText.contains(ids[ids.length - 1])) {
      return Optional.of(Ending.END_OF_TEXT);
    }
    return !stopStrings.isEmpty() && stops(ids)
        ? Optional.of(Ending.STOP_STRING)
        : Optional.empty();
  }

  private boolean stops(int[] ids) {
    int[] fresh = Arrays.copyOfRange(ids, prompt, ids.length);
    String text = tokenizer.orElseThrow().decode(fresh, true);
    return stopStrings.stream().anyMatch(text::contains);
  }
}
