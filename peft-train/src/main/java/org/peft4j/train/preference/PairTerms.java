package org.peft4j.train.preference;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.train.metrics.Mean;
import org.peft4j.train.preference.loss.Answer;
import org.peft4j.train.preference.loss.PairLoss;
import org.peft4j.transformers.loss.TokenLoss;

/**
 * A loss of pairs as a loss of their tokens: {@code mean over pairs of ℓ(log π(y₊|x), log π(y₋|x))
 * + w·mean over tokens of −log p}. Remembers what metrics tell of its last value.
 */
final class PairTerms implements TokenLoss {
  private final PairLoss loss;
  private final List<Completion> answers;
  private final double[] reference;
  private Map<String, Mean> metrics = Map.of();

  /**
   * The loss of a batch.
   *
   * @param answers the chosen ones, then the rejected ones
   * @param reference log-probabilities of the same
   */
  PairTerms(PairLoss loss, List<Completion> answers, double[] reference) {
    this.loss = loss;
    this.answers = answers;
    this.reference = reference;
  }

  Map<String, Mean> metrics() {
    return metrics;
  }

  @Override
  public Result of(double[] logProbabilities, int[] counts) {
    int pairs = answers.size() / 2;
    int[] ends = counts.clone();
    Arrays.parallelPrefix(ends, Integer::sum);
    double[] slopes = new double[logProbabilities.length];
    double[] rewards = new double[2 * pairs];
    double[] scored = new double[2 * pairs];
    Map<String, double[]> told = new TreeMap<>();
    double value = 0;
    for (int pair = 0; pair < pairs; pair++) {
      Answer chosen = answer(pair, logProbabilities, counts, ends);
      Answer rejected = answer(pair + pairs, logProbabilities, counts, ends);
      PairLoss.Result own = loss.of(chosen, rejected);
      value += own.loss() / pairs;
      spread(own.chosenSlope() / pairs, chosen.tokens(), ends[pair], slopes);
      spread(own.rejectedSlope() / pairs, rejected.tokens(), ends[pair + pairs], slopes);
      int at = pair;
      loss.told(chosen, rejected)
          .forEach(
              (name, each) -> told.computeIfAbsent(name, first -> new double[pairs])[at] = each);
      rewards[pair] = own.chosenReward();
      rewards[pair + pairs] = own.rejectedReward();
      scored[pair] = chosen.logProbability();
      scored[pair + pairs] = rejected.logProbability();
    }
    metrics = metrics(rewards, scored);
    told.forEach((name, values) -> metrics.put(name, Mean.of(values)));
    return new Result(value + addLikelihood(logProbabilities, ends[pairs - 1], slopes), slopes);
  }

  /** The answer's tokens are the last of its row. */
  private Answer answer(int row, double[] logProbabilities, int[] counts, int[] ends) {
    int tokens = Math.min(answers.get(row).answered(), counts[row]);
    double sum = AnswerPass.sum(logProbabilities, ends[row] - tokens, ends[row]);
    return new Answer(loss.ofMeans() ? sum / tokens : sum, reference[row], tokens);
  }

  private void spread(double slope, int tokens, int end, double[] slopes) {
    for (int i = end - tokens; i < end; i++) {
      slopes[i] += loss.ofMeans() ? slope / tokens : slope;
    }
  }

  /** Adds the slopes of the chosen answers' cross-entropy, and returns it. */
  private double addLikelihood(double[] logProbabilities, int chosen, double[] slopes) {
    double weight = loss.likelihood().weight();
    if (weight == 0) {
      return 0;
    }
    double sum = AnswerPass.sum(logProbabilities, 0, chosen);
    for (int i = 0; i < chosen; i++) {
      slopes[i] -= weight / chosen;
    }
    metrics.put("nll_loss", new Mean(-sum, chosen));
    return -weight * sum / chosen;
  }

  private static Map<String, Mean> metrics(double[] rewards, double[] scored) {
    int pairs = rewards.length / 2;
    double[] margins = new double[pairs];
    double[] right = new double[pairs];
    for (int pair = 0; pair < pairs; pair++) {
      margins[pair] = rewards[pair] - rewards[pair + pairs];
      right[pair] = margins[pair] > 0 ? 1 : 0;
    }
    Map<String, Mean> metrics = new LinkedHashMap<>();
    metrics.put("rewards/chosen", Mean.of(Arrays.copyOf(rewards, pairs)));
    metrics.put("rewards/rejected", Mean.of(Arrays.copyOfRange(rewards, pairs, 2 * pairs)));
    metrics.put("rewards/margins", Mean.of(margins));
    metrics.put("rewards/accuracies", Mean.of(right));
    metrics.put("logps/chosen", Mean.of(Arrays.copyOf(scored, pairs)));
    metrics.put("logps/rejected", Mean.of(Arrays.copyOfRange(scored, pairs, 2 * pairs)));
    return metrics;
  }
}
