package org.peft4j.train.preference;

import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.internal.batch.AddedLoss;
import org.peft4j.train.internal.batch.BatchArrays;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.loss.TokenLoss;

/** Passes of answers through a language model, for a loss of their tokens' log-probabilities. */
final class AnswerPass {
  private AnswerPass() {}

  /** The loss in training; leaves its gradients in the network, as an objective does. */
  static double gradients(PeftModel<ComputationGraph> model, TokenBatch answers, TokenLoss loss) {
    requireLanguageModel(model);
    ComputationGraph graph = model.network();
    try (AdapterScope tasks = model.tasksOfEachRow(answers.tasks());
        TokenLoss.Scope scope = TokenLoss.scope(loss);
        BatchArrays arrays = new BatchArrays(graph, answers)) {
      arrays.setInGraph();
      graph.computeGradientAndScore();
      return graph.score();
    }
  }

  /** The loss in evaluation. */
  static double loss(PeftModel<ComputationGraph> model, TokenBatch answers, TokenLoss loss) {
    requireLanguageModel(model);
    ComputationGraph graph = model.network();
    try (AdapterScope tasks = model.tasksOfEachRow(answers.tasks());
        TokenLoss.Scope scope = TokenLoss.scope(loss);
        BatchArrays arrays = new BatchArrays(graph, answers)) {
      return graph.score(arrays.dataSet(), false) - AddedLoss.of(graph);
    }
  }

  /** The sum of the log-probabilities of each row's labelled tokens, in evaluation. */
  static double[] logProbabilities(PeftModel<ComputationGraph> model, TokenBatch answers) {
    double[] sums = new double[answers.rows()];
    loss(
        model,
        answers,
        (logProbabilities, counts) -> {
          int from = 0;
          for (int row = 0; row < counts.length; row++) {
            sums[row] = sum(logProbabilities, from, from + counts[row]);
            from += counts[row];
          }
          return new TokenLoss.Result(0, new double[0]);
        });
    return sums;
  }

  static double sum(double[] values, int from, int to) {
    return Arrays.stream(values, from, to).sum();
  }

  private static void requireLanguageModel(PeftModel<ComputationGraph> model) {
    Optional<HeadPart> head =
        Transformers.architecture(model.base()).map(architecture -> architecture.head());
    if (head.isEmpty() || !(head.get() instanceof HeadPart.Language)) {
      throw new PeftException(
          "Preferences train a language model, and this is %s. Load it with Transformers.load."
              .formatted(
                  head.map(part -> "a model with another head, " + part.getClass().getSimpleName())
                      .orElse("no transformer of this library")));
    }
  }
}
