package org.peft4j.train.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;

/**
 * A number of an evaluation that says how good it is.
 *
 * @param name {@code loss}, {@code perplexity}, or a name of the objective
 * @param lower whether less is better
 */
public record WatchedMetric(String name, boolean lower) {
  private static final String LOSS = "loss";
  private static final String PERPLEXITY = "perplexity";

  /** Of which less is better. */
  private static final Set<String> LOWER = Set.of(LOSS, PERPLEXITY);

  /** The loss, of which less is better. */
  public static WatchedMetric loss() {
    return new WatchedMetric(LOSS, true);
  }

  /**
   * Reads {@code NAME}, {@code NAME:lower} or {@code NAME:higher}. Without a word, less loss and
   * perplexity are better, and more of anything else.
   *
   * @throws PeftException if there is no name, or another word
   */
  public static WatchedMetric parse(String text) {
    int colon = text.lastIndexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    String word = colon < 0 ? "" : text.substring(colon + 1);
    if (name.isBlank() || !(colon < 0 || word.equals("lower") || word.equals("higher"))) {
      throw new PeftException(
          "A metric is "
              + Quoted.quoted(text)
              + "; needed: its name, such as loss, or with what is better: loss:lower,"
              + " rewards/accuracies:higher.");
    }
    return new WatchedMetric(name, colon < 0 ? LOWER.contains(name) : word.equals("lower"));
  }

  /**
   * Its value.
   *
   * @throws PeftException if the evaluation has no such number
   */
  public double of(Evaluation evaluation) {
    if (name.equals(LOSS)) {
      return evaluation.loss();
    }
    Double value = evaluation.values().get(name);
    if (value != null) {
      return value;
    }
    if (name.equals(PERPLEXITY)) {
      return evaluation.perplexity();
    }
    List<String> names = new ArrayList<>(List.of(LOSS, PERPLEXITY));
    names.addAll(evaluation.values().keySet());
    throw new PeftException(
        "Evaluations have no metric "
            + Quoted.quoted(name)
            + ". "
            + NearestNames.sentence(name, names)
            + " They have "
            + String.join(", ", names)
            + ".");
  }

  /** Whether a value is better than another by more than a change; NaN is worse than any. */
  public boolean better(double value, double than, double by) {
    if (Double.isNaN(value) || Double.isNaN(than)) {
      return !Double.isNaN(value);
    }
    return lower ? value < than - by : value > than + by;
  }

  /** The best evaluation of a training, the first of equal ones; empty if there is none. */
  public Optional<StepEvaluation> best(RunHistory history) {
    StepEvaluation best = null;
    for (StepEvaluation each : history.evaluations()) {
      if (best == null || better(of(each.evaluation()), of(best.evaluation()), 0)) {
        best = each;
      }
    }
    return Optional.ofNullable(best);
  }
}
