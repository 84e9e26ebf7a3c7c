package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.GenerationFile;
import org.peft4j.transformers.generation.GenerativeModel;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * A loaded model that writes captions: BLIP. Its graph has the inputs {@code pixel_values} [batch,
 * channels, height, width] and {@code decoder_input_ids} [batch, length], transformers' {@code
 * input_ids}, and the output logits [batch, length, vocabulary].
 *
 * <p>Labels are the captions [batch, length], −100 for none: the logits at t predict the label at t
 * + 1, as in a language model, with the {@code label_smoothing} of the config. Adapters name no
 * task.
 */
public final class ImageCaptioner extends TransformerModel implements GenerativeModel {
  ImageCaptioner(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
  }

  /** {@link Transformers#loadCaptioner(Path, TransformerOptions)} with the default options. */
  public static ImageCaptioner load(Path folder) {
    return Transformers.loadCaptioner(folder, TransformerOptions.defaults());
  }

  /**
   * A caption of each picture, as the folder's {@code generation_config.json} says; without one, up
   * to 20 tokens, the likeliest each.
   */
  public List<String> predict(INDArray pixelValues) {
    return predict(pixelValues, "", GenerationFile.read(folder()));
  }

  /**
   * A caption of each picture that goes on from a text, which is part of it.
   *
   * @param pixelValues [batch, channels, height, width], as an image processor gives them
   * @param prompt the beginning of each caption; may be empty
   * @throws PeftException if the folder has no tokenizer, or the prompt is too long
   */
  public List<String> predict(INDArray pixelValues, String prompt, GenerationConfig config) {
    int[] own = prompt.isEmpty() ? new int[0] : tokenizer().encode(prompt, false);
    int[] begin = new int[own.length + 1];
    begin[0] =
        architecture()
            .tokens()
            .beginOfText()
            .orElseThrow(() -> new PeftException("The config names no bos_token_id; add it."));
    System.arraycopy(own, 0, begin, 1, own.length);
    return Generator.of(this, network())
        .with(tokenizer())
        .generate(
            pixelValues,
            Collections.nCopies(Math.toIntExact(pixelValues.size(0)), begin),
            config,
            (row, id) -> {})
        .rows()
        .stream()
        .map(row -> (prompt + " " + row.text(tokenizer())).strip())
        .toList();
  }
}
