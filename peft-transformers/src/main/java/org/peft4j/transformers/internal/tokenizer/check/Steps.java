package org.peft4j.transformers.internal.tokenizer.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.peft4j.error.PeftException;

/** How many steps there may be, one in the other and one after the other. */
final class Steps {
  private static final int MAX_STEPS = 64;
  private static final int MAX_DEPTH = 4;

  private Steps() {}

  /** Counts sequences in sequences. */
  static final class Nesting {
    private int depth;

    List<JsonNode> enter(Fields sequence, String name) {
      if (++depth > MAX_DEPTH) {
        throw new PeftException(
            sequence.where() + " is a sequence in " + MAX_DEPTH + " others; allowed: fewer.");
      }
      return sequence.list(name, MAX_STEPS);
    }

    void leave() {
      depth--;
    }
  }
}
