package org.peft4j.transformers;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.evaluation.LabelledPicture;
import org.peft4j.transformers.internal.evaluation.SequenceScores;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.predict.SequenceLabels;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.LabelScores;

/**
 * A loaded classifier of pictures: ViT, DeiT. Its graph maps {@code pixel_values} [batch, channels,
 * height, width] to logits [batch, labels] of the class token's last hidden state; loss and labels
 * are those of a {@link SequenceClassifier}.
 *
 * <p>Hugging Face PEFT has no task for pictures. An adapter that {@link #wrap} makes names none,
 * and unless its config says {@code modules_to_save}, the head is among them and trains as its own
 * copy.
 */
public final class ImageClassifier extends TransformerModel {
  private static final int BATCH = 8;

  private final HeadPart.Sequence head;

  ImageClassifier(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
    this.head = (HeadPart.Sequence) model.architecture().head();
  }

  /** The classes, in the order of the logits. */
  public Labels labels() {
    return head.classes();
  }

  /** What its labels are: one class, several at once, or numbers. */
  public ProblemType problem() {
    return head.problem();
  }

  /** {@link Transformers#loadImageClassifier(Path, TransformerOptions)} with the defaults. */
  public static ImageClassifier load(Path folder) {
    return Transformers.loadImageClassifier(folder, TransformerOptions.defaults());
  }

  /** A new head of these labels on a checkpoint, unless it has one of as many. */
  public static ImageClassifier load(Path folder, Labels labels) {
    return Transformers.loadImageClassifier(folder, labels, TransformerOptions.defaults());
  }

  /**
   * The scores of the labels of each picture.
   *
   * @param pixelValues [batch, channels, height, width], as an image processor gives them
   * @throws PeftException if they have another shape than the model's pictures, or a score is no
   *     number
   */
  public List<LabelScores> predict(INDArray pixelValues) {
    List<LabelScores> scores = new ArrayList<>();
    for (long from = 0; from < pixelValues.size(0); from += BATCH) {
      long to = Math.min(from + BATCH, pixelValues.size(0));
      INDArray logits = network().output(false, pixelValues.get(interval(from, to)).dup('c'))[0];
      for (double[] row : logits.toDoubleMatrix()) {
        requireNumbers(row, scores.size());
        scores.add(SequenceLabels.scores(head, row));
      }
    }
    return scores;
  }

  private static void requireNumbers(double[] logits, int picture) {
    for (double logit : logits) {
      if (!Double.isFinite(logit)) {
        throw new PeftException(
            "A logit of picture "
                + picture
                + " is "
                + logit
                + ", no number. Check the pixel values and the adapter.");
      }
    }
  }

  /**
   * How well it predicts examples: the scores of {@link SequenceClassifier#evaluate}.
   *
   * @throws PeftException if there is no example, or one has not labels as the model gives them; or
   *     as {@link #predict} does
   */
  public Scores evaluate(List<LabelledPicture> examples) {
    SequenceScores scores = new SequenceScores(head, examples);
    List<LabelScores> predicted = new ArrayList<>();
    for (int from = 0; from < examples.size(); from += BATCH) {
      INDArray[] pictures =
          examples.subList(from, Math.min(from + BATCH, examples.size())).stream()
              .map(LabelledPicture::pixelValues)
              .toArray(INDArray[]::new);
      predicted.addAll(predict(Nd4j.stack(0, pictures)));
    }
    return scores.of(predicted);
  }

  /**
   * How well predictions that were made before fit examples.
   *
   * @throws PeftException if there is no example or not a prediction for each, or an example or a
   *     prediction has not labels as the model gives them
   */
  public Scores score(List<LabelledPicture> examples, List<LabelScores> predictions) {
    return new SequenceScores(head, examples).of(predictions);
  }
}
