package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.TextLanguages;
import org.peft4j.transformers.evaluation.SourceTarget;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.GenerationFile;
import org.peft4j.transformers.generation.GenerativeModel;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.internal.batch.ShiftedLabels;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.metrics.TextMetrics;

/**
 * A loaded encoder-decoder: T5 and its kin. Its graph has two inputs, {@code input_ids} [batch,
 * time] for the encoder and {@code decoder_input_ids} [batch, length] for the decoder, each with a
 * mask if it is padded, and one output, {@code lm_head}: logits [batch, length, vocabulary].
 *
 * <p>Labels are token ids [batch, length]: the logits at t predict the label at t, and −100 means
 * no label. The decoder's input are the labels one position later ({@link #decoderInputIds}):
 *
 * <pre>{@code
 * INDArray[] inputs = {ids, model.decoderInputIds(labels)};
 * graph.fit(new MultiDataSet(inputs, new INDArray[] {labels}, new INDArray[] {mask, null}, null));
 * }</pre>
 *
 * <p>{@code rnnTimeStep(ids, decoderIds)} runs the encoder in its first call only; later calls take
 * the next decoder ids, and any ids [batch, 1] in the place of the encoder's.
 */
public final class Seq2SeqLanguageModel extends TransformerModel implements GenerativeModel {
  Seq2SeqLanguageModel(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
  }

  /**
   * The decoder's input for labels: {@code decoder_start_token_id}, then all labels but the last;
   * the padding token where there is no label.
   *
   * @param labels [batch, length], ids or −100
   * @throws org.peft4j.error.PeftException if the model's config has no such tokens
   */
  public INDArray decoderInputIds(INDArray labels) {
    return ShiftedLabels.of(labels, architecture().tokens());
  }

  /** {@link Transformers#loadSeq2Seq(Path)}. */
  public static Seq2SeqLanguageModel load(Path folder) {
    return Transformers.loadSeq2Seq(folder);
  }

  /**
   * The text that the model makes of a text, as the folder's {@code generation_config.json} says;
   * without one, up to 20 tokens, the likeliest each.
   */
  public String predict(String text) {
    return predict(List.of(text), GenerationFile.read(folder())).get(0);
  }

  /**
   * The texts that the model makes of texts, all at once. With several returned sequences, those of
   * a text follow each other.
   */
  public List<String> predict(List<String> texts, GenerationConfig config) {
    return Generator.of(this, network()).with(tokenizer()).write(texts, config);
  }

  /**
   * The translations of texts, all at once, of a model whose tokenizer has languages: mBART. With
   * several returned sequences, those of a text follow each other.
   *
   * @param from the code of the texts' language: {@code de_DE}
   * @param to that of the translations
   * @throws PeftException if the tokenizer has no languages, or not these
   */
  public List<String> translate(
      List<String> texts, String from, String to, GenerationConfig config) {
    TextLanguages languages =
        tokenizer()
            .languages()
            .orElseThrow(
                () ->
                    new PeftException(
                        "The tokenizer in "
                            + folder()
                            + " has no languages, as those of mBART have; use predict."));
    List<int[]> ids =
        texts.stream()
            .map(text -> languages.around(tokenizer().encode(text, false), from, Integer.MAX_VALUE))
            .toList();
    return Generator.of(this, network())
        .with(tokenizer())
        .generate(ids, config.inLanguage(languages, to))
        .rows()
        .stream()
        .map(row -> row.text(tokenizer()))
        .toList();
  }

  /**
   * {@link #evaluate(List, GenerationConfig, int)} as the folder's {@code generation_config.json}
   * says, 8 texts at once.
   */
  public Scores evaluate(List<SourceTarget> examples) {
    return evaluate(examples, GenerationFile.read(folder()), 8);
  }

  /**
   * How near the texts that it writes are to the right ones: {@code exact_match}, {@code rouge1},
   * {@code rouge2}, {@code rougeL} and {@code chrf}, 0 to 1.
   *
   * @param config one returned sequence for each text
   * @param batchSize how many texts at once
   * @throws PeftException if there is no example, the batch size is less than 1, the config returns
   *     several sequences, or the folder has no tokenizer
   */
  public Scores evaluate(List<SourceTarget> examples, GenerationConfig config, int batchSize) {
    if (batchSize < 1 || config.beams().returned() > 1) {
      throw new PeftException(
          "The batch size is %d and num_return_sequences %d; allowed: 1 or more, and 1."
              .formatted(batchSize, config.beams().returned()));
    }
    List<String> written = new ArrayList<>();
    for (int from = 0; from < examples.size(); from += batchSize) {
      int to = Math.min(examples.size(), from + batchSize);
      written.addAll(
          predict(examples.subList(from, to).stream().map(SourceTarget::source).toList(), config));
    }
    return TextMetrics.of(written, examples.stream().map(SourceTarget::target).toList());
  }
}
