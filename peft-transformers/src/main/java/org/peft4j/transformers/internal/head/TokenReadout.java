package org.peft4j.transformers.internal.head;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.loss.TokenLoss;

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
    ChunkedLoss chunked = loss(reading);
    double[] each = chunked.losses(reading.rows(), labelled);
    Losses losses = losses(each, labelled, own().map(loss -> of(loss, each, labelled).value()));
    return new Losses(losses.mean(), losses.each(), OptionalLong.of(chunked.right()));
  }

  @Override
  public Losses backward(
      Reading reading, INDArray labels, @Nullable INDArray mask, @Nullable INDArray dHidden) {
    Labelled labelled = labelled(reading, labels, mask);
    INDArray dRows = dHidden == null ? null : reading.extent().matrix(dHidden);
    Optional<TokenLoss> own = own();
    if (own.isEmpty()) {
      double[] losses = loss(reading).backward(reading.rows(), labelled, dRows);
      return losses(losses, labelled, Optional.empty());
    }
    double[] value = new double[1];
    UnaryOperator<double[]> slopes =
        losses -> {
          TokenLoss.Result result = of(own.get(), losses, labelled);
          value[0] = result.value();
          return negative(result.slopes());
        };
    double[] losses = loss(reading).backward(reading.rows(), labelled, slopes, dRows);
    return losses(losses, labelled, Optional.of(value[0]));
  }

  /** The loss that stands for the mean cross-entropy, if there is one. */
  private Optional<TokenLoss> own() {
    Optional<TokenLoss> own = TokenLoss.current();
    if (own.isPresent() && smoothing != 0) {
      throw new PeftException(
          "The model smooths its labels by "
              + smoothing
              + ", and a loss of log-probabilities takes them as they are. Load it without label"
              + " smoothing.");
    }
    return own;
  }

  private static TokenLoss.Result of(TokenLoss loss, double[] losses, Labelled labelled) {
    return loss.of(negative(losses), labelled.perSequence());
  }

  private static double[] negative(double[] values) {
    return Arrays.stream(values).map(value -> -value).toArray();
  }

  private ChunkedLoss loss(Reading reading) {
    return new ChunkedLoss(head, smoothing, reading.pass(), reading.memory());
  }

  private Labelled labelled(Reading reading, INDArray labels, @Nullable INDArray mask) {
    return Labelled.of(labels, mask, reading, ahead, head.outputs());
  }

  private static Losses losses(double[] losses, Labelled labelled, Optional<Double> own) {
    int[] counts = labelled.perSequence();
    double[] means = new double[counts.length];
    int from = 0;
    for (int i = 0; i < counts.length; i++) {
      means[i] = Arrays.stream(losses, from, from + counts[i]).sum() / counts[i];
      from += counts[i];
    }
    return new Losses(own.orElseGet(() -> Arrays.stream(losses).sum() / losses.length), means);
  }
}
