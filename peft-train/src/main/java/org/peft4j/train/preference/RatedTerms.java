package org.peft4j.train.preference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.train.metrics.Mean;
import org.peft4j.train.preference.loss.Answer;
import org.peft4j.train.preference.loss.KtoLoss;
import org.peft4j.transformers.loss.TokenLoss;

/**
 * A loss of rated answers as a loss of their tokens: the mean over the answers. Remembers what
 * metrics tell of its last value.
 */
final class RatedTerms implements TokenLoss {
  private final KtoLoss loss;
  private final List<RatedAnswer> answers;
  private final double[] reference;
  private final double divergence;
  private Map<String, Mean> metrics = Map.of();

  RatedTerms(KtoLoss loss, List<RatedAnswer> answers, double[] reference, double divergence) {
    this.loss = loss;
    this.answers = answers;
    this.reference = reference;
    this.divergence = divergence;
  }

  Map<String, Mean> metrics() {
    return metrics;
  }

  @Override
  public Result of(double[] logProbabilities, int[] counts) {
    double[] slopes = new double[logProbabilities.length];
    List<List<Double>> rewards = List.of(new ArrayList<>(), new ArrayList<>());
    List<List<Double>> scored = List.of(new ArrayList<>(), new ArrayList<>());
    double value = 0;
    int end = 0;
    for (int row = 0; row < counts.length; row++) {
      int from = end;
      end += counts[row];
      boolean desirable = answers.get(row).desirable();
      double sum = AnswerPass.sum(logProbabilities, from, end);
      KtoLoss.Result own =
          loss.of(new Answer(sum, reference[row], counts[row]), desirable, divergence);
      value += own.loss() / counts.length;
      Arrays.fill(slopes, from, end, own.slope() / counts.length);
      rewards.get(desirable ? 0 : 1).add(own.reward());
      scored.get(desirable ? 0 : 1).add(sum);
    }
    metrics = metrics(rewards, scored);
    return new Result(value, slopes);
  }

  private Map<String, Mean> metrics(List<List<Double>> rewards, List<List<Double>> scored) {
    Map<String, Mean> metrics = new LinkedHashMap<>();
    Mean chosen = mean(rewards.get(0));
    Mean rejected = mean(rewards.get(1));
    metrics.put("rewards/chosen", chosen);
    metrics.put("rewards/rejected", rejected);
    if (chosen.count() > 0 && rejected.count() > 0) {
      metrics.put("rewards/margins", Mean.of(chosen.value() - rejected.value()));
    }
    metrics.put("logps/chosen", mean(scored.get(0)));
    metrics.put("logps/rejected", mean(scored.get(1)));
    if (loss.ofDivergence()) {
      metrics.put("kl", Mean.of(divergence));
    }
    return metrics;
  }

  private static Mean mean(List<Double> values) {
    return Mean.of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
