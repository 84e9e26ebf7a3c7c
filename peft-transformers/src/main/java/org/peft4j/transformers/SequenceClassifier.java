package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.evaluation.LabelledText;
import org.peft4j.transformers.internal.evaluation.SequenceScores;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.predict.SequenceLabels;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * A loaded sequence classifier. The output of its graph, {@code score} or {@code classifier}, is
 * logits [batch, labels]. A decoder's are a linear map without bias of its last hidden state:
 *
 * <pre>logits = W · h[last]</pre>
 *
 * <p>{@code last} is the last position of a sequence with mask 1, or without a mask the last
 * position; padding may be on either side. Hugging Face transformers takes the last token that is
 * not {@code pad_token_id}, whatever the mask says, which is the same where all padding, and
 * nothing else, is that token. Behind virtual tokens, which are embeddings without an id,
 * transformers takes the last position, padding or not; here it is still the last position with
 * mask 1.
 *
 * <p>The loss is a mean over the sequences with a label, by the {@link #problem()}:
 *
 * <ul>
 *   <li>one class: {@code −Σ y · log softmax(logits)}, in nats. Labels are distributions over the
 *       classes, one-hot or soft, [batch, labels], or class numbers [batch, 1], −100 for none;
 *   <li>several labels at once: the mean over the labels of {@code −y · log σ(z) − (1 − y) · log(1
 *       − σ(z))}, labels 0 to 1, [batch, labels];
 *   <li>regression: the mean over the outputs of {@code (z − y)²}, numbers [batch, labels].
 * </ul>
 *
 * <p>With adapters of the task {@code SEQ_CLS} the head trains too, as the adapter's own copy.
 */
public final class SequenceClassifier extends TransformerModel {
  private final HeadPart.Sequence head;

  SequenceClassifier(Path folder, FrozenModel model, TransformerOptions options) {
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

  /** {@link Transformers#loadClassifier(Path)}. */
  public static SequenceClassifier load(Path folder) {
    return Transformers.loadClassifier(folder);
  }

  /** {@link Transformers#loadClassifier(Path, Labels)}: a new head on a checkpoint. */
  public static SequenceClassifier load(Path folder, Labels labels) {
    return Transformers.loadClassifier(folder, labels);
  }

  /** The scores of the labels of a text. */
  public LabelScores predict(String text) {
    return predict(List.of(text)).get(0);
  }

  /** The scores of the labels of two texts that the model reads together. */
  public LabelScores predict(String first, String second) {
    List<TextInput> pair = List.of(TextInput.pair(first, second));
    return predict(pair, PredictionOptions.defaults()).get(0);
  }

  /** The scores of the labels of each text. */
  public List<LabelScores> predict(List<String> texts) {
    return predict(texts.stream().map(TextInput::of).toList(), PredictionOptions.defaults());
  }

  /**
   * The scores of the labels of each input. What is longer than the model reads is cut, of two
   * texts the longer one first.
   *
   * @throws org.peft4j.error.PeftException if the folder has no tokenizer, or a score is no number
   */
  public List<LabelScores> predict(List<? extends TextInput> inputs, PredictionOptions options) {
    return new SequenceLabels(batches(), head).of(inputs, options);
  }

  /** {@link #evaluate(List, PredictionOptions)} with the default options. */
  public Scores evaluate(List<LabelledText> examples) {
    return evaluate(examples, PredictionOptions.defaults());
  }

  /**
   * How well it predicts examples. Of one class: {@code accuracy}, {@code macro_f1} and {@code
   * matthews_correlation}; of several labels at once, which hold from a score of 0.5: {@code
   * subset_accuracy}, {@code micro_f1} and {@code macro_f1}; of numbers: {@code mse}, and of a
   * single output {@code pearson} and {@code spearman} too.
   *
   * @throws org.peft4j.error.PeftException if there is no example, or one has not labels as the
   *     model gives them; or as {@link #predict(List, PredictionOptions)} does
   */
  public Scores evaluate(List<LabelledText> examples, PredictionOptions options) {
    SequenceScores scores = new SequenceScores(head, examples);
    return scores.of(predict(examples.stream().map(LabelledText::input).toList(), options));
  }

  /**
   * How well predictions that were made before fit examples, as {@link #evaluate(List,
   * PredictionOptions)} says it.
   *
   * @throws org.peft4j.error.PeftException if there is no example or not a prediction for each, or
   *     an example or a prediction has not labels as the model gives them
   */
  public Scores score(List<LabelledText> examples, List<LabelScores> predictions) {
    return new SequenceScores(head, examples).of(predictions);
  }
}
