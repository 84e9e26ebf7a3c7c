package org.peft4j.prompt.internal.tuning;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.method.Injection;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.prompt.tuning.PromptStart;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** The first values of a prompt's table. */
public final class FirstPrompt {
  private FirstPrompt() {}

  /**
   * The initialiser of a table; zeros if its values come from a file.
   *
   * <p>The model's token embedding is its first embedding. Problems of a text appear only when
   * values are made, because a plan needs none.
   */
  public static Initializer of(PromptStart start, Injection injection) {
    if (!injection.fresh()) {
      return Initializer.zeros();
    }
    FrozenValues frozen = injection.frozen();
    requireUsedText(start);
    return switch (start.init()) {
      case RANDOM -> Initializer.normal(1);
      case SAMPLE_VOCAB ->
          (target, random) ->
              fill(target, frozen, row -> random.nextInt((int) embedding(frozen).inputs()));
      case TEXT ->
          (target, random) -> {
            requireTokens(start, embedding(frozen));
            fill(target, frozen, row -> start.tokens().get(row % start.tokens().size()));
          };
    };
  }

  private static void requireUsedText(PromptStart start) {
    if (start.text().isPresent() && start.init() != PromptInit.TEXT) {
      throw new PeftException(
          "prompt_tuning_init_text is given, but prompt_tuning_init is "
              + start.init()
              + ", which does not use it. Set prompt_tuning_init to TEXT, or leave out the text.");
    }
  }

  private static void requireTokens(PromptStart start, Site embedding) {
    if (start.tokens().isEmpty()) {
      throw new PeftException(noTokens(start));
    }
    for (int id : start.tokens()) {
      if (id < 0 || id >= embedding.inputs()) {
        throw new PeftException(
            "The prompt's text has token id "
                + id
                + "; allowed: 0 to "
                + (embedding.inputs() - 1)
                + ". Encode it with the tokenizer of this model.");
      }
    }
  }

  private static String noTokens(PromptStart start) {
    return start.text().isEmpty()
        ? "prompt_tuning_init is TEXT, but there is no text. Give prompt_tuning_init_text, or"
            + " another init: RANDOM or SAMPLE_VOCAB."
        : "The prompt starts from the text \""
            + start.text().get()
            + "\", but there are no token ids for it. Call the config's encoded, with the model's"
            + " tokenizer, before wrapping the model; a text without tokens is not allowed.";
  }

  private static void fill(INDArray target, FrozenValues frozen, IntUnaryOperator ids) {
    int[] rows = IntStream.range(0, (int) target.size(0)).map(ids).toArray();
    Site embedding = embedding(frozen);
    frozen.weight(embedding).lookUp(new Nd4jKernels(), rows, target);
    double factor = frozen.lookUpFactor(embedding);
    if (factor != 1) {
      target.muli(factor);
    }
  }

  private static Site embedding(FrozenValues frozen) {
    return frozen.sites().stream()
        .filter(site -> site.kind() == SiteKind.EMBEDDING)
        .findFirst()
        .orElseThrow(() -> new PeftException("This model has no embedding to take rows from."));
  }
}
