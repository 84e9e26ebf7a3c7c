package org.peft4j.train.preference;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.preference.loss.PairLoss;
import org.peft4j.transformers.loss.TokenLoss;

/**
 * Training on pairs of answers: a {@link PairLoss} of the log-probabilities that the model and, for
 * some losses, a reference give them.
 *
 * <pre>{@code
 * FineTuner.builder(model, new PreferenceObjective(new SigmoidLoss(0.1)))
 *     .data(pairs.comparedWith(Reference.base()))
 * }</pre>
 *
 * <p>Both answers of a pair are rows of one pass, forward and backward. The adapters' dropout acts
 * on the model that trains, if they have some, and never on a reference.
 *
 * <p>Metrics: {@code rewards/chosen}, {@code rewards/rejected}, {@code rewards/margins}, {@code
 * rewards/accuracies} (the share of pairs whose chosen answer has the larger reward), {@code
 * logps/chosen}, {@code logps/rejected}, and {@code nll_loss} where a loss has that part.
 */
public record PreferenceObjective(PairLoss loss) implements Objective<PreferenceBatch> {
  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, PreferenceBatch batch) {
    return with(model, batch, AnswerPass::gradients);
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, PreferenceBatch batch) {
    return with(model, batch, AnswerPass::loss);
  }

  private interface Run {
    double of(PeftModel<ComputationGraph> model, TokenBatch answers, TokenLoss loss);
  }

  private BatchLoss with(PeftModel<ComputationGraph> model, PreferenceBatch batch, Run pass) {
    double[] reference =
        loss.comparesWithReference() ? batch.reference(model) : new double[2 * batch.pairs()];
    PairTerms terms = new PairTerms(loss, batch.answers(), reference);
    double value = pass.of(model, batch.answers(loss.likelihood().ofPrompts()), terms);
    return new BatchLoss(value, terms.metrics());
  }

  /** The number of pairs. */
  @Override
  public long predictions(PreferenceBatch batch) {
    return batch.pairs();
  }
}
