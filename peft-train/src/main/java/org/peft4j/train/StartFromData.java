package org.peft4j.train;

import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.site.SiteRole;
import org.peft4j.start.FirstValues;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.objective.CrossEntropy;

/**
 * Shows the sequences of a training to an adapter whose first values come from data. As in Hugging
 * Face PEFT, tokens count that have a label; of classified sequences, all tokens.
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
    if (model.adaptedSites().stream().noneMatch(site -> site.role() == SiteRole.HEAD)) {
      LOSS.loss(model, batch);
      return;
    }
    try (INDArray ids = Nd4j.createFromArray(batch.inputIds());
        INDArray mask = Nd4j.createFromArray(batch.attentionMask())) {
      model.network().output(false, new INDArray[] {ids}, new INDArray[] {mask});
    }
  }

  /** Which positions [rows·time] count. */
  private static boolean[] counted(TokenBatch batch) {
    int time = batch.time();
    boolean[] rows = new boolean[batch.rows() * time];
    for (int i = 0; i < rows.length; i++) {
      int[] labels = batch.labels()[i / time];
      boolean labelled = labels.length < time || labels[i % time] != TokenSequence.IGNORED;
      rows[i] = batch.attentionMask()[i / time][i % time] == 1 && labelled;
    }
    return rows;
  }
}
