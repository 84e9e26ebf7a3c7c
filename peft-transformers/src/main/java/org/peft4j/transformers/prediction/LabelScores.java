package org.peft4j.transformers.prediction;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.transformers.config.ProblemType;

/**
 * What a classifier says of a text.
 *
 * @param problem what the labels are
 * @param scores of each label, in the order of the model's: probabilities of one class, {@code
 *     softmax(logits)}; of labels that hold each for itself, {@code σ(logits)}; or numbers, the
 *     logits themselves
 */
public record LabelScores(ProblemType problem, Map<String, Double> scores) {
  public LabelScores {
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
    if (scores.isEmpty()) {
      throw new IllegalArgumentException("There are no labels.");
    }
  }

  /** The label with the highest score. */
  public String label() {
    return Collections.max(scores.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  /** The labels that hold: those with a score of {@code least} or more, the highest first. */
  public List<String> labels(double least) {
    return scores.entrySet().stream()
        .filter(entry -> entry.getValue() >= least)
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The highest score. */
  public double score() {
    return scores.getOrDefault(label(), 0.0);
  }

  /**
   * The score of a label.
   *
   * @throws PeftException if the model has no such label
   */
  public double score(String label) {
    Double score = scores.get(label);
    if (score == null) {
      throw new PeftException(
          "The model has no label " + Quoted.quoted(label) + "; its labels: " + scores.keySet());
    }
    return score;
  }

  /**
   * The number that a model of one output gives.
   *
   * @throws PeftException if the model has several outputs
   */
  public double number() {
    if (scores.size() > 1) {
      throw new PeftException(
          "The model has %d outputs, %s; ask for the score of one of them."
              .formatted(scores.size(), scores.keySet()));
    }
    return score();
  }
}
