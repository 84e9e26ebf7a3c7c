package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.PositionPart;

/** Checks prompts against a model's vocabulary and number of positions. */
final class PromptCheck {
  private PromptCheck() {}

  /**
   * Checks all prompts.
   *
   * @throws PeftException listing all that are empty, too long, or contain an id outside the
   *     vocabulary
   */
  static void require(List<int[]> prompts, ModelArchitecture model) {
    List<String> problems = new ArrayList<>();
    if (prompts.isEmpty()) {
      problems.add("No prompts; give at least one.");
    }
    for (int i = 0; i < prompts.size(); i++) {
      check(i, prompts.get(i), model, problems);
    }
    if (!problems.isEmpty()) {
      throw new PeftException("Cannot generate: " + String.join(" ", problems));
    }
  }

  /**
   * Checks the ids of token rules.
   *
   * @throws PeftException if one is outside the vocabulary
   */
  static void requireIds(TokenRules rules, ModelArchitecture model) {
    rules
        .ids()
        .filter(id -> id < 0 || id >= model.vocabularySize())
        .findFirst()
        .ifPresent(
            id -> {
              throw new PeftException(
                  "Cannot generate: a rule has the token id "
                      + id
                      + "; allowed: 0 to "
                      + (model.vocabularySize() - 1)
                      + ".");
            });
  }

  private static void check(
      int index, int[] prompt, ModelArchitecture model, List<String> problems) {
    String name = "Prompt " + index;
    int positions =
        model
            .encoder()
            .filter(stack -> stack.input().table().isPresent())
            .map(stack -> stack.tokenInput().positions().map(PositionPart::positions))
            .orElseGet(() -> Optional.of(model.longestText()))
            .orElse(Integer.MAX_VALUE);
    if (prompt.length == 0) {
      problems.add(name + " has no token; begin it with the model's begin-of-text token at least.");
    }
    if (prompt.length > positions) {
      problems.add(
          name
              + " has "
              + prompt.length
              + " tokens; this model has "
              + positions
              + " positions. Shorten it.");
    }
    for (int id : prompt) {
      if (id < 0 || id >= model.inputVocabularySize()) {
        problems.add(
            name
                + " has the token id "
                + id
                + "; allowed: 0 to "
                + (model.inputVocabularySize() - 1)
                + ". Does the tokenizer belong to this model?");
        return;
      }
    }
  }
}
