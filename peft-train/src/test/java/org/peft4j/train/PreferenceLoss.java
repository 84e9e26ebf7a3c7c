package org.peft4j.train;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.train.Preference.Pair;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.objective.Objective;

/**
 * Direct preference optimisation (Rafailov et al. 2023), with the model without adapters as the
 * reference: the mean over pairs of −log σ(h), where h = β (log p(c) − log p(r) − log p₀(c) + log
 * p₀(r)) for the chosen answer c and the rejected answer r.
 */
record PreferenceLoss(double beta) implements Objective<Preference> {
  private static final CrossEntropy TOKENS = new CrossEntropy();

  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, Preference batch) {
    INDArray sum = Nd4j.zerosLike(model.network().params());
    double loss = 0;
    for (Pair pair : batch.pairs()) {
      double reference = reference(model, pair);
      INDArray chosen = Nd4j.zerosLike(sum);
      INDArray rejected = Nd4j.zerosLike(sum);
      double margin = nats(model, pair.rejected(), rejected) - nats(model, pair.chosen(), chosen);
      double h = beta * (margin - reference);
      loss += Math.log1p(Math.exp(-h));
      sum.addi(chosen.subi(rejected).muli(beta / (1 + Math.exp(h))));
    }
    model.network().gradient().gradient().assign(sum.divi(batch.pairs().size()));
    return BatchLoss.of(loss / batch.pairs().size());
  }

  /** −log p of an answer, whose gradient goes to {@code gradient}. */
  private static double nats(
      PeftModel<ComputationGraph> model, TokenBatch answer, INDArray gradient) {
    double mean = TOKENS.gradients(model, answer).value();
    gradient.assign(model.network().gradient().gradient()).muli(answer.labelled());
    return mean * answer.labelled();
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, Preference batch) {
    double loss = 0;
    for (Pair pair : batch.pairs()) {
      double h = beta * (margin(model, pair) - reference(model, pair));
      loss += Math.log1p(Math.exp(-h));
    }
    return BatchLoss.of(loss / batch.pairs().size());
  }

  private static double reference(PeftModel<ComputationGraph> model, Pair pair) {
    try (AdapterScope none = model.adaptersDisabled()) {
      return margin(model, pair);
    }
  }

  private static double margin(PeftModel<ComputationGraph> model, Pair pair) {
    return TOKENS.loss(model, pair.rejected()).value() * pair.rejected().labelled()
        - TOKENS.loss(model, pair.chosen()).value() * pair.chosen().labelled();
  }

  @Override
  public long predictions(Preference batch) {
    return batch.pairs().size();
  }
}
