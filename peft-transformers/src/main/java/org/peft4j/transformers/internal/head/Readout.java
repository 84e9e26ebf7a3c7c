package org.peft4j.transformers.internal.head;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.model.Modules;

/** What one kind of head makes of hidden states: logits, and a loss with its gradients. */
public interface Readout {
  /**
   * The readout of a head.
   *
   * @param behindEncoder whether the body reads an encoder: its input is the labels, one position
   *     later
   */
  static Readout of(HeadPart.Output part, Modules modules, boolean behindEncoder) {
    Head head = Head.of(part, modules);
    double smoothing = modules.model().labelSmoothing();
    if (part instanceof HeadPart.Sequence sequence) {
      return new SequenceReadout(sequence, head, smoothing);
    }
    if (part instanceof HeadPart.Span) {
      return new SpanReadout(head);
    }
    boolean next = part instanceof HeadPart.Language && !behindEncoder;
    return new TokenReadout(head, next ? 1 : 0, smoothing);
  }

  /** The width of the logits. */
  int outputs();

  /** The logits, as an output of the layer. */
  INDArray logits(Reading reading);

  /**
   * The loss.
   *
   * @param mask of the labels; null if there is none
   * @throws org.peft4j.error.PeftException if labels or mask do not fit
   */
  Losses losses(Reading reading, INDArray labels, @Nullable INDArray mask);

  /**
   * The loss; writes its gradients.
   *
   * @param dHidden in the shape of the hidden states, overwritten; null if not needed
   */
  Losses backward(
      Reading reading, INDArray labels, @Nullable INDArray mask, @Nullable INDArray dHidden);
}
