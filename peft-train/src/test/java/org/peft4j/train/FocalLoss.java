package org.peft4j.train;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.objective.Objective;
import org.peft4j.transformers.loss.TokenLoss;

/**
 * The focal loss (Lin et al. 2017) of tokens, which looks at those that are hard to predict: the
 * mean of −(1 − p)^γ · log p.
 */
record FocalLoss(double gamma) implements Objective<TokenBatch> {
  private static final CrossEntropy TOKENS = new CrossEntropy();

  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, TokenBatch batch) {
    try (TokenLoss.Scope scope = TokenLoss.scope(this::of)) {
      return TOKENS.gradients(model, batch);
    }
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, TokenBatch batch) {
    try (TokenLoss.Scope scope = TokenLoss.scope(this::of)) {
      return TOKENS.loss(model, batch);
    }
  }

  private TokenLoss.Result of(double[] logProbabilities, int[] counts) {
    int tokens = logProbabilities.length;
    double loss = 0;
    double[] slopes = new double[tokens];
    for (int i = 0; i < tokens; i++) {
      double rest = -Math.expm1(logProbabilities[i]);
      double weight = Math.pow(rest, gamma);
      double bent = gamma * Math.pow(rest, gamma - 1) * (1 - rest) * logProbabilities[i];
      loss -= weight * logProbabilities[i] / tokens;
      slopes[i] = (bent - weight) / tokens;
    }
    return new TokenLoss.Result(loss, slopes);
  }

  @Override
  public long predictions(TokenBatch batch) {
    return batch.labelled();
  }
}
