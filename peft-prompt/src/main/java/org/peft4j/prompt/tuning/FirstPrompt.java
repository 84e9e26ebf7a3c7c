package org.peft4j.prompt.tuning;

import java.util.List;
import java.util.function.IntUnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftException;
import org.peft4j.adapter.Initializer;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** What the table of a prompt begins as. */
public final class FirstPrompt {
  private FirstPrompt() {}

  /**
   * The initialiser of a table.
   *
   * @param tokens of the text, for {@link PromptInit#TEXT}
   * @param frozen the model's values, of which the token embedding is the first embedding
   */
  public static Initializer of(PromptInit init, List<Integer> tokens, FrozenValues frozen) {
    return switch (init) {
      case RANDOM -> Initializer.normal(1);
      case SAMPLE_VOCAB ->
          (target, random) ->
              fill(target, frozen, row -> random.nextInt((int) embedding(frozen).inputs()));
      case TEXT -> {
        requireTokens(tokens, embedding(frozen));
        yield (target, random) -> fill(target, frozen, row -> tokens.get(row % tokens.size()));
      }
    };
  }

  private static void requireTokens(List<Integer> tokens, Site embedding) {
    if (tokens.isEmpty()) {
      throw new PeftException(
          "prompt_tuning_init is TEXT, but there are no token ids of the text: this library has no"
              + " tokenizer of its own here and follows no name of one. Encode the text and give"
              + " its ids to initFromTokens.");
    }
    for (int id : tokens) {
      if (id < 0 || id >= embedding.inputs()) {
        throw new PeftException(
            "The text of the prompt has token id "
                + id
                + "; allowed: 0 to "
                + (embedding.inputs() - 1)
                + ".");
      }
    }
  }

  private static void fill(INDArray target, FrozenValues frozen, IntUnaryOperator ids) {
    INDArray weight = frozen.weight(embedding(frozen));
    for (int row = 0; row < target.size(0); row++) {
      target.getRow(row).assign(weight.getRow(ids.applyAsInt(row)));
    }
  }

  private static Site embedding(FrozenValues frozen) {
    return frozen.sites().stream()
        .filter(site -> site.kind() == SiteKind.EMBEDDING)
        .findFirst()
        .orElseThrow(() -> new PeftException("This model has no embedding to take rows from."));
  }
}
