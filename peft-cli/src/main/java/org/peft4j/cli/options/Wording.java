package org.peft4j.cli.options;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.RatedData;
import org.peft4j.transformers.config.Task;

/**
 * How commands call the examples and predictions of a task.
 *
 * @param answers what a loss of preferences is the mean over; empty for other objectives
 */
public record Wording(Task task, Optional<String> answers) {
  /** The words of a task itself. */
  public Wording(Task task) {
    this(task, Optional.empty());
  }

  /** Whether e to the power of the loss says something. */
  public boolean hasPerplexity() {
    return answers.isEmpty() && (task == Task.CAUSAL_LM || task == Task.SEQ_2_SEQ_LM);
  }

  /** What a loss is the mean over. */
  public String predictions() {
    if (answers.isPresent()) {
      return answers.get();
    }
    return switch (task) {
      case CAUSAL_LM, SEQ_2_SEQ_LM, TOKEN_CLS, IMAGE_TO_TEXT -> "tokens";
      case SEQ_CLS -> "sequences";
      case QUESTION_ANS -> "windows";
      case FEATURE_EXTRACTION -> "examples";
      case IMAGE_CLASSIFICATION -> "pictures";
      case IMAGE_TEXT -> "pairs";
    };
  }

  /** What the speed of a training is counted in. */
  public String parts() {
    return task.readsPictures() ? "pictures" : "tokens";
  }

  /** The size of some data, in words. */
  public String size(Examples<?> data) {
    if (data instanceof VectorData related) {
      String rows = related.textsOfEach() == 2 ? "pairs" : "triplets";
      return String.format(Locale.ROOT, "%,d %s of texts", related.size(), rows);
    }
    if (data instanceof PreferenceData) {
      return String.format(Locale.ROOT, "%,d pairs of answers", data.size());
    }
    if (data instanceof RatedData rated) {
      return String.format(Locale.ROOT, "%,d answers, %,d good", rated.size(), rated.desirable());
    }
    if (task.readsPictures()) {
      String texts = task == Task.IMAGE_CLASSIFICATION ? "" : " with texts";
      return String.format(Locale.ROOT, "%,d pictures%s", data.size(), texts);
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
                predictions())
            + rewards(evaluation);
  }

  private static String rewards(Evaluation evaluation) {
    return Stream.of("rewards/accuracies", "rewards/margins", "accuracy", "margin")
        .filter(evaluation.values()::containsKey)
        .map(name -> String.format(Locale.ROOT, ", %s %.4f", name, evaluation.values().get(name)))
        .collect(Collectors.joining());
  }
}
