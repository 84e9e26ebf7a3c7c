package org.peft4j.cli.options;

import java.util.Locale;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.transformers.config.Task;

/** How commands call the examples and predictions of a task. */
public record Wording(Task task) {
  /** Whether e to the power of the loss says something. */
  public boolean hasPerplexity() {
    return task == Task.CAUSAL_LM || task == Task.SEQ_2_SEQ_LM;
  }

  /** What a loss is the mean over. */
  public String predictions() {
    return switch (task) {
      case CAUSAL_LM, SEQ_2_SEQ_LM, TOKEN_CLS -> "tokens";
      case SEQ_CLS -> "sequences";
      case QUESTION_ANS -> "windows";
      case FEATURE_EXTRACTION -> "examples";
    };
  }

  /** The size of some data, in words. */
  public String size(Examples<?> data) {
    if (data instanceof VectorData related) {
      String rows = related.textsOfEach() == 2 ? "pairs" : "triplets";
      return String.format(Locale.ROOT, "%,d %s of texts", related.size(), rows);
    }
    String sequences = task == Task.QUESTION_ANS ? "windows" : "sequences";
    long labelled = data instanceof TrainingData tokens ? tokens.labelled() : 0;
    return predictions().equals("tokens")
        ? String.format(Locale.ROOT, "%,d sequences, %,d labelled tokens", data.size(), labelled)
        : String.format(Locale.ROOT, "%,d %s", data.size(), sequences);
  }

  /** A line about an evaluation. */
  public String line(Evaluation evaluation) {
    return hasPerplexity()
        ? String.format(
            Locale.ROOT,
            "loss %.4f, perplexity %.4f, %d %s",
            evaluation.loss(),
            evaluation.perplexity(),
            evaluation.predictions(),
            predictions())
        : String.format(
            Locale.ROOT,
            "loss %.4f, %d %s",
            evaluation.loss(),
            evaluation.predictions(),
            predictions());
  }
}
