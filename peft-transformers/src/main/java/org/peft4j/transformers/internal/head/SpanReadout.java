package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * Two logits for each token, [batch, time, 2]: does the answer begin here, does it end here? The
 * loss is the cross-entropy over the positions, padding included, as in Hugging Face transformers;
 * but not what stands before a sequence and its virtual tokens.
 */
record SpanReadout(Head head) implements Readout {
  @Override
  public int outputs() {
    return head.outputs();
  }

  @Override
  public INDArray logits(Reading reading) {
    INDArray logits =
        reading.memory().output(reading.extent().batch(), reading.time(), head.outputs());
    forward(reading, logits);
    return logits;
  }

  @Override
  public Losses losses(Reading reading, INDArray labels, @Nullable INDArray mask) {
    SpanTargets targets = targets(reading, labels, mask);
    return targets.toGradients(forward(reading, room(reading)).logits3());
  }

  @Override
  public Losses backward(
      Reading reading, INDArray labels, @Nullable INDArray mask, @Nullable INDArray dHidden) {
    SpanTargets targets = targets(reading, labels, mask);
    Forward forward = forward(reading, room(reading));
    Losses losses = targets.toGradients(forward.logits3());
    INDArray dRows =
        dHidden == null
            ? null
            : reading.memory().temporary(forward.kept().logits().size(0), dHidden.size(2));
    head.backward(
        reading.pass(), forward.kept(), forward.kept().logits(), null, dRows, reading.memory());
    if (dHidden != null && dRows != null) {
      TokenRows.place(reading, dRows, dHidden);
    }
    return losses;
  }

  /**
   * The results of a forward pass.
   *
   * @param logits3 the logits as [batch, time, 2]
   */
  private record Forward(Head.Kept kept, INDArray logits3) {}

  private INDArray room(Reading reading) {
    return reading.memory().temporary(reading.extent().batch(), reading.time(), head.outputs());
  }

  private Forward forward(Reading reading, INDArray logits) {
    INDArray rows = TokenRows.of(reading, head);
    INDArray flat = logits.reshape('c', rows.size(0), head.outputs());
    return new Forward(head.forward(reading.pass(), rows, flat, reading.memory()), logits);
  }

  private static SpanTargets targets(Reading reading, INDArray labels, @Nullable INDArray mask) {
    if (mask != null) {
      throw new PeftException(
          "A model that answers questions takes no mask of labels; give positions of "
              + Labelled.IGNORED
              + " where there is no label.");
    }
    int[] starts = new int[(int) reading.extent().batch()];
    Arrays.setAll(starts, reading::start);
    return SpanTargets.of(labels, starts, reading.time());
  }
}
