package org.peft4j.train.preference;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.preference.loss.KtoLoss;

/**
 * Training on single answers that are good or bad, such as KTO.
 *
 * <p>KTO's estimate of the divergence takes two more passes of a batch, without gradients: of the
 * model and of the reference, over each prompt with the answer to another one. A batch should have
 * some answers.
 *
 * <p>Metrics: {@code rewards/chosen} and {@code logps/chosen} of the good answers, {@code
 * rewards/rejected} and {@code logps/rejected} of the bad ones, {@code rewards/margins} of batches
 * that have both, and {@code kl}.
 */
public record RatedObjective(KtoLoss loss) implements Objective<RatedBatch> {
  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, RatedBatch batch) {
    RatedTerms terms = terms(model, batch);
    return new BatchLoss(AnswerPass.gradients(model, batch.matched(), terms), terms.metrics());
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, RatedBatch batch) {
    RatedTerms terms = terms(model, batch);
    return new BatchLoss(AnswerPass.loss(model, batch.matched(), terms), terms.metrics());
  }

  private RatedTerms terms(PeftModel<ComputationGraph> model, RatedBatch batch) {
    double[] reference = batch.reference(model);
    double divergence = loss.ofDivergence() ? divergence(model, batch) : 0;
    return new RatedTerms(loss, batch.answers(), reference, divergence);
  }

  private static double divergence(PeftModel<ComputationGraph> model, RatedBatch batch) {
    TokenBatch mismatched = batch.mismatched();
    double[] own = AnswerPass.logProbabilities(model, mismatched);
    double[] reference = batch.mismatchedReference(model);
    double sum = 0;
    for (int row = 0; row < own.length; row++) {
      sum += own[row] - reference[row];
    }
    return Math.max(0, sum / own.length);
  }

  /** The number of answers. */
  @Override
  public long predictions(RatedBatch batch) {
    return batch.answers().size();
  }
}
