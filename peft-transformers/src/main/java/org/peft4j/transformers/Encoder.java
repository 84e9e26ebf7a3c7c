package org.peft4j.transformers;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.nio.file.Path;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.internal.evaluation.PairScores;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.predict.TextBatches;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;

/**
 * A loaded encoder without logits. The outputs of its graph are the last hidden states [batch,
 * time, width], and with a pooler its vectors [batch, width].
 *
 * <p>Its sites have no prefix of the body, as in adapters of Hugging Face PEFT for the task {@code
 * FEATURE_EXTRACTION}: {@code encoder.layer.0.attention.self.query}.
 */
public final class Encoder extends TransformerModel {
  Encoder(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
  }

  /**
   * The last hidden states [batch, time, width] of the model itself; those of a wrapped one are the
   * first output of its network.
   *
   * @param ids [batch, time]
   * @param mask [batch, time], 0 for padding
   */
  public INDArray hiddenStates(INDArray ids, INDArray mask) {
    INDArray[] features = {ids};
    return graph().output(false, features, new INDArray[] {mask})[0];
  }

  /** {@link Transformers#loadEncoder(Path)}. */
  public static Encoder load(Path folder) {
    return Transformers.loadEncoder(folder);
  }

  /** The vector of a text, as {@link VectorSettings} of its folder say. */
  public float[] embed(String text) {
    return embed(List.of(text)).get(0);
  }

  /**
   * The vectors of texts, as the {@link VectorSettings} of its folder say: without files of
   * sentence-transformers, the means of their last hidden states, of length 1.
   */
  public List<float[]> embed(List<String> texts) {
    VectorSettings settings = VectorSettings.read(folder());
    return embed(
        texts.stream().map(TextInput::of).toList(),
        settings.pooling(),
        settings.normalised(),
        settings.in(PredictionOptions.defaults()));
  }

  /**
   * The vectors of texts. What is longer than the model reads is cut.
   *
   * @param normalised whether each has the length 1
   * @throws org.peft4j.error.PeftException if the folder has no tokenizer, or a number is not
   *     finite
   */
  public List<float[]> embed(
      List<? extends TextInput> inputs,
      VectorPooling pooling,
      boolean normalised,
      PredictionOptions options) {
    TextBatches batches = batches();
    TextLimit limit = TextLimit.of(batches.longestInput(options));
    List<EncodedText> texts =
        inputs.stream().map(input -> tokenizer().encode(input, limit).get(0)).toList();
    float[][] vectors = new float[texts.size()][];
    batches.run(
        texts,
        options.batchSize(),
        (numbers, output, mask) -> {
          INDArray states = ofTokens(output, mask.size(1));
          INDArray of = normalised ? pooling.normalised(states, mask) : pooling.of(states, mask);
          for (int row = 0; row < numbers.length; row++) {
            vectors[numbers[row]] = of.getRow(row).toFloatVector();
          }
        });
    return List.of(vectors);
  }

  /** The states of a text's own tokens: those of virtual tokens come before them. */
  private static INDArray ofTokens(INDArray states, long time) {
    long positions = states.size(1);
    return positions == time
        ? states
        : states.get(all(), interval(positions - time, positions), all()).dup('c');
  }

  /**
   * {@link #evaluate(List, VectorPooling, PredictionOptions)} with the pooling of its folder's
   * {@link VectorSettings}.
   */
  public Scores evaluate(List<TextPair> pairs) {
    VectorSettings settings = VectorSettings.read(folder());
    return evaluate(pairs, settings.pooling(), settings.in(PredictionOptions.defaults()));
  }

  /**
   * How well its vectors tell what belongs together. Of pairs with scores: {@code spearman} between
   * these and the cosines of the vectors; of pairs without: {@code recall@1}, {@code recall@5} and
   * {@code recall@10}, how often the second text of a pair is among the nearest to the first of all
   * second texts.
   *
   * @throws org.peft4j.error.PeftException if there is no pair, or only some have a score; or as
   *     {@link #embed(List, VectorPooling, boolean, PredictionOptions)} does
   */
  public Scores evaluate(List<TextPair> pairs, VectorPooling pooling, PredictionOptions options) {
    PairScores scores = new PairScores(pairs);
    List<TextInput> texts = scores.texts().stream().map(TextInput::of).toList();
    return scores.of(embed(texts, pooling, true, options));
  }

  /**
   * How well vectors that were made before tell what belongs together, as {@link #evaluate(List,
   * VectorPooling, PredictionOptions)} says it.
   *
   * @param vectors of length 1: those of all first texts, then those of all second ones
   * @throws PeftException if there is no pair, or only some have a score; or there are not two
   *     vectors for each
   */
  public static Scores score(List<TextPair> pairs, List<float[]> vectors) {
    PairScores scores = new PairScores(pairs);
    if (vectors.size() != 2 * pairs.size()) {
      throw new PeftException(
          "There are %d pairs and %d vectors; needed: two for each pair."
              .formatted(pairs.size(), vectors.size()));
    }
    return scores.of(vectors);
  }
}
