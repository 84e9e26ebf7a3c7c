package org.peft4j.transformers.internal.evaluation;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.predict.TextBatches;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.metrics.TokenMetrics;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;

/**
 * How well a causal language model predicts each token of a text from those before it. Sums are in
 * double precision.
 */
public final class NextTokens {
  private final TextBatches batches;
  private double loss;
  private long count;
  private long right;

  public NextTokens(TextBatches batches) {
    this.batches = batches;
  }

  /**
   * {@code loss}, the mean of {@code −log softmax(logits[t])[ids[t + 1]]} over all tokens but the
   * first of each text; {@code perplexity} and {@code token_accuracy}.
   *
   * @throws PeftException if no text has a second token
   */
  public Scores of(List<String> texts, PredictionOptions options) {
    TextLimit limit = TextLimit.of(batches.longestInput(options));
    List<EncodedText> encoded = new ArrayList<>();
    for (String text : texts) {
      EncodedText tokens = batches.tokenizer().encode(TextInput.of(text), limit).get(0);
      if (tokens.length() > 1) {
        encoded.add(tokens);
      }
    }
    if (encoded.isEmpty()) {
      throw new PeftException(
          "None of %d texts has a second token, so there is nothing to measure."
              .formatted(texts.size()));
    }
    batches.run(
        encoded,
        options.batchSize(),
        (numbers, logits, mask) -> {
          for (int row = 0; row < numbers.length; row++) {
            add(encoded.get(numbers[row]).ids(), logits.slice(row));
          }
        });
    double mean = loss / count;
    return Scores.NONE
        .with("loss", mean)
        .with("perplexity", TokenMetrics.perplexity(mean))
        .with("token_accuracy", (double) right / count);
  }

  /** Adds a text, given its logits [time, vocabulary]. */
  private void add(int[] ids, INDArray logits) {
    for (int t = 0; t + 1 < ids.length; t++) {
      float[] row = logits.getRow(t).toFloatVector();
      int best = 0;
      for (int token = 1; token < row.length; token++) {
        best = row[token] > row[best] ? token : best;
      }
      double sum = 0;
      for (float logit : row) {
        sum += Math.exp((double) logit - row[best]);
      }
      loss += Math.log(sum) + row[best] - row[ids[t + 1]];
      right += best == ids[t + 1] ? 1 : 0;
      count++;
    }
  }
}
