package org.peft4j.transformers.internal.head;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.loss.SequenceLoss;

/**
 * Logits [batch, labels] of one vector for each sequence, and the loss of its kind of labels.
 *
 * @param smoothing ε of {@link ClassTargets#smoothed}; 0 for none
 */
record SequenceReadout(HeadPart.Sequence part, Head head, double smoothing) implements Readout {
  @Override
  public int outputs() {
    return head.outputs();
  }

  @Override
  public INDArray logits(Reading reading) {
    INDArray logits = reading.memory().output(reading.extent().batch(), head.outputs());
    head.forward(reading.pass(), pooled(reading, pooling(reading)), logits, reading.memory());
    return logits;
  }

  @Override
  public Losses losses(Reading reading, INDArray labels, @Nullable INDArray mask) {
    Optional<SequenceLoss> own = SequenceLoss.current();
    if (own.isPresent()) {
      return whole(own.get().of(forward(reading, pooling(reading)).logits().toDoubleMatrix()));
    }
    SequenceTargets targets = targets(reading, labels, mask);
    double[] losses = targets.losses(forward(reading, pooling(reading)).logits());
    return new Losses(targets.mean(losses), losses);
  }

  @Override
  public Losses backward(
      Reading reading, INDArray labels, @Nullable INDArray mask, @Nullable INDArray dHidden) {
    Pooling pooling = pooling(reading);
    Optional<SequenceLoss> own = SequenceLoss.current();
    Optional<SequenceTargets> targets =
        own.isPresent() ? Optional.empty() : Optional.of(targets(reading, labels, mask));
    Head.Kept kept = forward(reading, pooling);
    INDArray logits = kept.logits();
    Losses losses =
        own.map(loss -> toGradients(loss, logits))
            .orElseGet(() -> toGradients(targets.orElseThrow(), logits));
    INDArray dPooled =
        dHidden == null
            ? null
            : reading.memory().temporary(logits.size(0), reading.hidden().size(2));
    head.backward(reading.pass(), kept, logits, null, dPooled, reading.memory());
    if (dHidden != null && dPooled != null) {
      pooling.backward(reading.pass().kernels(), dPooled, dHidden);
    }
    return losses;
  }

  /** The loss; the logits become its gradients. */
  private static Losses toGradients(SequenceTargets targets, INDArray logits) {
    double[] losses = targets.losses(logits);
    targets.toGradients(logits);
    return new Losses(targets.mean(losses), losses);
  }

  private static Losses toGradients(SequenceLoss loss, INDArray logits) {
    SequenceLoss.Result result = loss.of(logits.toDoubleMatrix());
    for (int row = 0; row < result.slopes().length; row++) {
      for (int output = 0; output < result.slopes()[row].length; output++) {
        logits.putScalar(row, output, result.slopes()[row][output]);
      }
    }
    return whole(result);
  }

  /** A loss that is no mean of the sequences' own. */
  private static Losses whole(SequenceLoss.Result result) {
    return new Losses(result.value(), new double[0]);
  }

  private Head.Kept forward(Reading reading, Pooling pooling) {
    INDArray logits = reading.memory().temporary(reading.extent().batch(), head.outputs());
    return head.forward(reading.pass(), pooled(reading, pooling), logits, reading.memory());
  }

  private Pooling pooling(Reading reading) {
    return Pooling.of(part.position(), reading);
  }

  private static INDArray pooled(Reading reading, Pooling pooling) {
    INDArray hidden = reading.hidden();
    INDArray rows = reading.memory().temporary(hidden.size(0), hidden.size(2));
    pooling.forward(reading.pass().kernels(), hidden, rows);
    return rows;
  }

  private SequenceTargets targets(Reading reading, INDArray labels, @Nullable INDArray mask) {
    if (mask != null) {
      throw new PeftException(
          "A sequence classifier takes no mask of labels; leave sequences without a label out, or"
              + " give them a row of zeros.");
    }
    long batch = reading.extent().batch();
    return smoothing > 0
        ? ClassTargets.of(labels, batch, head.outputs()).smoothed(smoothing)
        : SequenceTargets.of(part.problem(), labels, batch, head.outputs());
  }
}
