package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.GenerationFile;
import org.peft4j.transformers.generation.GenerativeModel;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.internal.evaluation.NextTokens;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.PredictionOptions;

/**
 * A loaded causal language model. The output of its graph, {@code lm_head}, is logits [batch, time,
 * vocabulary].
 *
 * <p>Labels are token ids [batch, time]: the logits at t predict the label at t + 1, and −100 means
 * no label.
 *
 * <p>{@code rnnTimeStep} takes a prompt, then one token at a time, with a cache of keys and values.
 */
public final class CausalLanguageModel extends TransformerModel implements GenerativeModel {
  CausalLanguageModel(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
  }

  /** {@link Transformers#load(Path)}. */
  public static CausalLanguageModel load(Path folder) {
    return Transformers.load(folder);
  }

  /**
   * The text that follows a prompt, as the folder's {@code generation_config.json} says; without
   * one, up to 20 tokens, the likeliest each.
   */
  public String predict(String prompt) {
    return predict(List.of(prompt), GenerationFile.read(folder())).get(0);
  }

  /**
   * The texts that follow prompts, all at once. With several returned sequences, those of a prompt
   * follow each other.
   */
  public List<String> predict(List<String> prompts, GenerationConfig config) {
    return Generator.of(this, network()).with(tokenizer()).write(prompts, config);
  }

  /**
   * {@link #evaluate(List, PredictionOptions)}, one text after the other: the logits of a batch are
   * all in memory.
   */
  public Scores evaluate(List<String> texts) {
    return evaluate(texts, PredictionOptions.defaults().withBatchSize(1));
  }

  /**
   * How well it predicts the tokens of texts: {@code loss}, the mean cross-entropy in nats of all
   * tokens but the first of each text, {@code perplexity} and {@code token_accuracy}. Texts have
   * the tokens that the tokenizer puts around them, and no other for their end. Behind a prompt or
   * prefix, too, the first token does not count.
   *
   * @throws org.peft4j.error.PeftException if no text has a second token, the folder has no
   *     tokenizer, or a logit is no number
   */
  public Scores evaluate(List<String> texts, PredictionOptions options) {
    return new NextTokens(batches()).of(texts, options);
  }
}
