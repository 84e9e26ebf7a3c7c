package org.peft4j.transformers.metrics;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;

/**
 * Metrics of answers to questions, as in SQuAD 2.0's evaluation (Rajpurkar et al., 2018). Answers
 * are compared without case, ASCII punctuation, the articles a, an and the, and spaces. A question
 * with several right answers takes the best score; one without any, or whose answers all are empty,
 * wants the empty answer.
 *
 * <p>All methods throw a {@link PeftException} if there is no question or not an answer for each.
 * The evaluation script prints percent: 100 times these scores.
 */
public final class AnswerMetrics {
  private AnswerMetrics() {}

  /**
   * {@code exact_match} and {@code f1}.
   *
   * @param actual the right answers to each question
   */
  public static Scores of(List<String> predicted, List<List<String>> actual) {
    return Scores.NONE
        .with("exact_match", exactMatch(predicted, actual))
        .with("f1", f1(predicted, actual));
  }

  /** The share of questions whose answer equals a right one. */
  public static double exactMatch(List<String> predicted, List<List<String>> actual) {
    return mean(predicted, actual, (own, right) -> own.equals(right) ? 1 : 0);
  }

  /**
   * The mean of {@code F1 = 2·hits/(predicted + actual)} over the words of an answer and of a right
   * one, as bags. If either has none, 1 if both have none, else 0.
   */
  public static double f1(List<String> predicted, List<List<String>> actual) {
    return mean(predicted, actual, AnswerMetrics::f1);
  }

  private static double f1(String predicted, String actual) {
    if (predicted.isEmpty() || actual.isEmpty()) {
      return predicted.equals(actual) ? 1 : 0;
    }
    return Counts.of(words(predicted), words(actual)).f1();
  }

  private static Map<String, Integer> words(String normalised) {
    return Texts.words(normalised).stream().collect(Collectors.toMap(w -> w, w -> 1, Integer::sum));
  }

  private static double mean(
      List<String> predicted,
      List<List<String>> actual,
      ToDoubleBiFunction<String, String> metric) {
    int count = Examples.count(predicted.size(), actual.size());
    return IntStream.range(0, count)
        .mapToDouble(i -> best(Texts.normalised(predicted.get(i)), actual.get(i), metric))
        .average()
        .orElseThrow();
  }

  private static double best(
      String predicted, List<String> actual, ToDoubleBiFunction<String, String> metric) {
    return actual.stream()
        .map(Texts::normalised)
        .filter(right -> !right.isEmpty())
        .mapToDouble(right -> metric.applyAsDouble(predicted, right))
        .max()
        .orElseGet(() -> metric.applyAsDouble(predicted, ""));
  }
}
