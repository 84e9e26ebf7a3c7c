package org.peft4j.train.objective;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.train.data.VectorBatch;
import org.peft4j.train.internal.batch.AddedLoss;
import org.peft4j.train.internal.batch.VectorPass;
import org.peft4j.transformers.VectorPooling;

/**
 * A loss of the vectors that an encoder makes of texts: its last hidden states, pooled.
 *
 * <pre>{@code
 * FineTuner.builder(model, new VectorObjective(new InBatchNegatives(0.05), VectorPooling.MEAN))
 *     .data(pairs)
 * }</pre>
 *
 * <p>Virtual tokens take no part in pooling.
 *
 * @param loss of the vectors
 * @param pooling from the hidden states of a text to its vector
 */
public record VectorObjective(VectorLoss loss, VectorPooling pooling)
    implements Objective<VectorBatch> {
  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, VectorBatch batch) {
    ComputationGraph graph = model.network();
    try (AdapterScope tasks = model.tasksOfEachRow(batch.texts().tasks());
        VectorPass pass = VectorPass.training(graph, batch.texts(), pooling)) {
      VectorLoss.Result result = loss.of(texts(batch, pass.vectors()), batch.scores());
      pass.backward(result.gradients().stream().flatMap(Arrays::stream).toArray(double[][]::new));
      return BatchLoss.of(result.value() + AddedLoss.of(graph));
    }
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, VectorBatch batch) {
    try (AdapterScope tasks = model.tasksOfEachRow(batch.texts().tasks());
        VectorPass pass = VectorPass.evaluation(model.network(), batch.texts(), pooling)) {
      return BatchLoss.of(loss.of(texts(batch, pass.vectors()), batch.scores()).value());
    }
  }

  private static List<double[][]> texts(VectorBatch batch, double[][] vectors) {
    int examples = batch.examples();
    List<double[][]> texts = new ArrayList<>();
    for (int text = 0; text < batch.textsOfEach(); text++) {
      texts.add(Arrays.copyOfRange(vectors, text * examples, (text + 1) * examples));
    }
    return texts;
  }

  /** The number of examples. */
  @Override
  public long predictions(VectorBatch batch) {
    return batch.examples();
  }
}
