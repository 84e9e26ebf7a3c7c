package org.peft4j.train.preference;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.internal.batch.AddedLoss;
import org.peft4j.train.internal.batch.BatchArrays;
import org.peft4j.train.metrics.Mean;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.loss.SequenceLoss;
import org.peft4j.transformers.loss.TokenLoss;

/**
 * A reward model (Bradley and Terry 1952; Ouyang et al. 2022): a classifier of sequences with one
 * output, the reward r of an answer to a prompt. Over pairs,
 *
 * <pre>L = mean of −log σ(r₊ − r₋) + λ·(r₊ + r₋)²</pre>
 *
 * <p>Load the model with {@code TaskHead.sequences(Labels.count(1), ProblemType.REGRESSION)}. The
 * data needs no reference. Metrics: {@code accuracy}, {@code margin}, {@code mean_reward}.
 *
 * @param centering λ, which keeps rewards around 0; 0 for none
 */
public record RewardObjective(double centering) implements Objective<PreferenceBatch> {
  /**
   * Checks λ.
   *
   * @throws PeftException if it is negative or not finite
   */
  public RewardObjective {
    if (!(centering >= 0 && Double.isFinite(centering))) {
      throw new PeftException("centering is " + centering + "; allowed: 0 and above, finite.");
    }
  }

  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, PreferenceBatch batch) {
    return run(
        model,
        batch,
        (graph, arrays) -> {
          arrays.setInGraph();
          graph.computeGradientAndScore();
          return graph.score();
        });
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, PreferenceBatch batch) {
    return run(
        model,
        batch,
        (graph, arrays) -> graph.score(arrays.dataSet(), false) - AddedLoss.of(graph));
  }

  private interface Run {
    double of(ComputationGraph graph, BatchArrays arrays);
  }

  private BatchLoss run(PeftModel<ComputationGraph> model, PreferenceBatch batch, Run run) {
    requireReward(model);
    ComputationGraph graph = model.network();
    TokenBatch answers = batch.answers(false);
    Map<String, Mean> metrics = new LinkedHashMap<>();
    SequenceLoss loss = logits -> of(logits, metrics);
    try (AdapterScope tasks = model.tasksOfEachRow(answers.tasks());
        TokenLoss.Scope scope = SequenceLoss.scope(loss);
        BatchArrays arrays = new BatchArrays(graph, answers)) {
      return new BatchLoss(run.of(graph, arrays), metrics);
    }
  }

  /** The loss of the chosen answers' rewards, which come first, and the rejected ones'. */
  private SequenceLoss.Result of(double[][] logits, Map<String, Mean> metrics) {
    int pairs = logits.length / 2;
    double[] margins = new double[pairs];
    double[][] slopes = new double[logits.length][1];
    double loss = 0;
    for (int pair = 0; pair < pairs; pair++) {
      double chosen = logits[pair][0];
      double rejected = logits[pair + pairs][0];
      double margin = chosen - rejected;
      double both = chosen + rejected;
      margins[pair] = margin;
      double soft = Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
      loss += (soft + centering * both * both) / pairs;
      double slope = -1 / (1 + Math.exp(margin));
      slopes[pair][0] = (slope + 2 * centering * both) / pairs;
      slopes[pair + pairs][0] = (-slope + 2 * centering * both) / pairs;
    }
    metrics.put("accuracy", Mean.of(Arrays.stream(margins).map(m -> m > 0 ? 1 : 0).toArray()));
    metrics.put("margin", Mean.of(margins));
    metrics.put("mean_reward", Mean.of(Arrays.stream(logits).mapToDouble(r -> r[0]).toArray()));
    return new SequenceLoss.Result(loss, slopes);
  }

  private static void requireReward(PeftModel<ComputationGraph> model) {
    boolean fits =
        Transformers.architecture(model.base())
            .map(architecture -> architecture.head())
            .filter(HeadPart.Sequence.class::isInstance)
            .filter(head -> ((HeadPart.Sequence) head).outputs() == 1)
            .isPresent();
    if (!fits) {
      throw new PeftException(
          "A reward model is a classifier of sequences with one output, and this model is none."
              + " Open it with TaskHead.sequences(Labels.count(1), ProblemType.REGRESSION).");
    }
  }

  /** The number of pairs. */
  @Override
  public long predictions(PreferenceBatch batch) {
    return batch.pairs();
  }
}
