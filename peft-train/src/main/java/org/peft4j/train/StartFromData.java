package org.peft4j.train;

import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.memory.Scratch;
import org.peft4j.site.SiteRole;
import org.peft4j.start.FirstValues;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.internal.batch.BatchArrays;
import org.peft4j.train.objective.CrossEntropy;

/**
 * Shows the sequences of a training to an adapter whose first values come from data. As in Hugging
 * Face PEFT, tokens count that have a label; of sequences with a label of their own, or none, all
 * tokens.
 */
public final class StartFromData {
  private static final CrossEntropy LOSS = new CrossEntropy();

  private StartFromData() {}

  /**
   * Runs the model on some sequences and gives the adapter its values.
   *
   * @param values the start, of an adapter of the model
   * @param sequences how many of the first sequences to use, at most
   * @param batchSize sequences at once, 1 and above; it changes the speed only
   * @return the number of sequences that were used
   * @throws PeftException if they are an encoder-decoder's: labels of its decoder do not say which
   *     of the encoder's tokens count
   */
  public static int run(
      PeftModel<ComputationGraph> model,
      FirstValues values,
      Examples<TokenBatch> data,
      int sequences,
      int batchSize) {
    int count = Math.min(sequences, data.size());
    for (int from = 0; from < count; from += batchSize) {
      TokenBatch batch =
          data.batch(IntStream.range(from, Math.min(count, from + batchSize)).toArray());
      if (batch.decoder().isPresent()) {
        throw new PeftException(
            "First values from data are for models of one stack, and this is an encoder-decoder."
                + " Take another start, such as init_lora_weights true or \"pissa\".");
      }
      values.observe(() -> forward(model, batch), counted(batch));
    }
    values.apply();
    return count;
  }

  /** A loss computes the head only where there is a label, so an adapted head needs all outputs. */
  private static void forward(PeftModel<ComputationGraph> model, TokenBatch batch) {
    boolean head = model.adaptedSites().stream().anyMatch(site -> site.role() == SiteRole.HEAD);
    if (model.network().getOutputLayer(0) instanceof IOutputLayer && !head) {
      LOSS.loss(model, batch);
      return;
    }
    ComputationGraph graph = model.network();
    try (BatchArrays arrays = new BatchArrays(graph, batch)) {
      for (INDArray output : graph.output(false, arrays.inputs(), arrays.masks())) {
        Scratch.release(output);
      }
    }
  }

  /** Which positions [rows·time] count. */
  private static boolean[] counted(TokenBatch batch) {
    boolean[][] tokens = batch.labelledTokens();
    boolean[] rows = new boolean[batch.rows() * batch.time()];
    for (int row = 0; row < batch.rows(); row++) {
      System.arraycopy(tokens[row], 0, rows, row * batch.time(), batch.time());
    }
    return rows;
  }
}
