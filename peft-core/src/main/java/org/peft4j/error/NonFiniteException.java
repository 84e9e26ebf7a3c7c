package org.peft4j.error;

/** A loss, gradient or parameter became infinite or NaN; training stopped before it was applied. */
public final class NonFiniteException extends PeftException {
  private static final long serialVersionUID = 1L;

  /**
   * @param step the training step: from 1 in a fine-tuning, Deeplearning4j's iteration elsewhere
   * @param what the tensor, or {@code loss}
   */
  public NonFiniteException(long step, String what) {
    super(
        "Step "
            + step
            + ": "
            + what
            + " is not finite. The adapter keeps its last finite values. Lower the learning rate,"
            + " clip the gradient norm, or look for bad values in this batch.");
  }

  /**
   * The same with more to say.
   *
   * @param more sentences for the end of the message
   */
  public NonFiniteException(NonFiniteException cause, String more) {
    super(cause.getMessage() + " " + more, cause);
  }
}
