package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Logits [batch, time, outputs] of each token; the loss is the mean cross-entropy of the positions
 * that have a label.
 *
 * @param ahead how many positions ahead of the logits their label is: 1 in a language model, 0
 *     where tokens are labelled or a decoder behind an encoder has the labels one position later
 * @param smoothing ε of {@link ChunkedLoss}; 0 for none
 */
record TokenReadout(Head head, int ahead, double smoothing) implements Readout {
  @Override
  public int outputs() {
    return head.outputs();
  }

  @Override
  public INDArray logits(Reading reading) {
    INDArray rows = TokenRows.of(reading, head);
    INDArray logits =
        reading.memory().output(reading.extent().batch(), reading.time(), head.outputs());
    head.forward(
        reading.pass(), rows, logits.reshape('c', rows.size(0), head.outputs()), reading.memory());
    return logits;
  }

  @Override
  public Losses losses(Reading reading, INDArray labels, @Nullable INDArray mask) {
    Labelled labelled = labelled(reading, labels, mask);
    ChunkedLoss loss = loss(reading);
    Losses losses = losses(loss.losses(reading.rows(), labelled), labelled);
    return new Losses(losses.mean(), losses.each(), OptionalLong.of(loss.right()));
  }

  @Override
  public Losses backward(
      Reading reading, INDArray labels, @Nullable INDArray mask, @Nullable INDArray dHidden) {
    Labelled labelled = labelled(reading, labels, mask);
    INDArray dRows = dHidden == null ? null : reading.extent().matrix(dHidden);
    return losses(loss(reading).backward(reading.rows(), labelled, dRows), labelled);
  }

  private ChunkedLoss loss(Reading reading) {
    return new ChunkedLoss(head, smoothing, reading.pass(), reading.memory());
  }

  private Labelled labelled(Reading reading, INDArray labels, @Nullable INDArray mask) {
    return Labelled.of(labels, mask, reading, ahead, head.outputs());
  }

  private static Losses losses(double[] losses, Labelled labelled) {
    int[] counts = labelled.perSequence();
    double[] means = new double[counts.length];
    int from = 0;
    for (int i = 0; i < counts.length; i++) {
      means[i] = Arrays.stream(losses, from, from + counts[i]).sum() / counts[i];
      from += counts[i];
    }
    return new Losses(Arrays.stream(losses).sum() / losses.length, means);
  }
}
