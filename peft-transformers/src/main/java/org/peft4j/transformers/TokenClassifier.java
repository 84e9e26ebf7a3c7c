package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.evaluation.LabelledWords;
import org.peft4j.transformers.internal.evaluation.TagScores;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.predict.WordTags;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.prediction.TaggedWords;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * A loaded classifier of tokens. The output of its graph, {@code classifier}, is logits [batch,
 * time, labels].
 *
 * <p>Labels are class numbers [batch, time], −100 for none. The loss is the mean cross-entropy, in
 * nats, of the tokens that have a label.
 *
 * <p>With adapters of the task {@code TOKEN_CLS} the head trains too, as the adapter's own copy.
 */
public final class TokenClassifier extends TransformerModel {
  private final Labels labels;

  TokenClassifier(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
    this.labels = ((HeadPart.Tokens) model.architecture().head()).classes();
  }

  /** The classes, in the order of the logits. */
  public Labels labels() {
    return labels;
  }

  /** {@link Transformers#loadTokenClassifier(Path)}. */
  public static TokenClassifier load(Path folder) {
    return Transformers.loadTokenClassifier(folder);
  }

  /** {@link Transformers#loadTokenClassifier(Path, Labels, TransformerOptions)}. */
  public static TokenClassifier load(Path folder, Labels labels) {
    return Transformers.loadTokenClassifier(folder, labels, TransformerOptions.defaults());
  }

  /**
   * The tags of a text's words: those that the tokenizer makes, if it marks pieces of words as BERT
   * does, and otherwise what stands between spaces.
   */
  public TaggedWords predict(String text) {
    return predict(List.of(TextInput.of(text)), PredictionOptions.defaults()).get(0);
  }

  /** The tags of the words of one text. */
  public TaggedWords predict(List<String> words) {
    return predict(List.of(TextInput.words(words)), PredictionOptions.defaults()).get(0);
  }

  /**
   * The tags of the words of each input. A word has the tag of its first piece. A text that is
   * longer than the model reads is read in windows that overlap by a quarter.
   *
   * @param inputs texts, or words
   * @throws PeftException if an input is a pair, the folder has no tokenizer, or a score is no
   *     number
   */
  public List<TaggedWords> predict(List<? extends TextInput> inputs, PredictionOptions options) {
    return tags(inputs, options, false);
  }

  /** As {@link #predict(List, PredictionOptions)}, with each piece of a word as a word. */
  public List<TaggedWords> predictPieces(List<String> texts, PredictionOptions options) {
    return tags(texts.stream().map(TextInput::of).toList(), options, true);
  }

  private List<TaggedWords> tags(
      List<? extends TextInput> inputs, PredictionOptions options, boolean pieces) {
    for (TextInput input : inputs) {
      if (input instanceof TextInput.Pair) {
        throw new PeftException(
            "A classifier of tokens reads a text or its words; a pair of texts is given.");
      }
    }
    return new WordTags(batches(), labels, pieces).of(inputs, options);
  }

  /** {@link #evaluate(List, PredictionOptions)} with the default options. */
  public Scores evaluate(List<LabelledWords> examples) {
    return evaluate(examples, PredictionOptions.defaults());
  }

  /**
   * How well it tags examples: {@code accuracy} of words, and if all labels mark entities ({@code
   * B-PER}, {@code O}), {@code precision}, {@code recall} and {@code f1} of these.
   *
   * @throws PeftException if there is no example, or one has a tag that the model has not; or as
   *     {@link #predict(List, PredictionOptions)} does
   */
  public Scores evaluate(List<LabelledWords> examples, PredictionOptions options) {
    TagScores scores = new TagScores(labels, examples);
    List<TextInput> words =
        examples.stream().map(example -> TextInput.words(example.words())).toList();
    return scores.of(predict(words, options));
  }

  /**
   * How well tags that were predicted before fit examples, as {@link #evaluate(List,
   * PredictionOptions)} says it.
   *
   * @throws PeftException if there is no example or not a prediction for each, or an example has a
   *     tag that the model has not
   */
  public Scores score(List<LabelledWords> examples, List<TaggedWords> predictions) {
    return new TagScores(labels, examples).of(predictions);
  }
}
