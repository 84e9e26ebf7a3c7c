package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.SoftMax;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;

/**
 * A loaded model of texts and pictures: CLIP. Its graph maps {@code input_ids} [texts, time] and
 * {@code pixel_values} [pictures, channels, height, width] to {@code logits_per_text} [texts,
 * pictures], {@code exp(scale)·cos(text, picture)} of their vectors.
 *
 * <p>The loss is that of pairs: as many pictures as texts, each of which belongs to the picture of
 * its number. Labels are these numbers, 0 and up, [texts, 1]. Adapters name no task.
 */
public final class ImageTextModel extends TransformerModel {
  private final HeadPart.Pairs head;

  ImageTextModel(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
    this.head = (HeadPart.Pairs) model.architecture().head();
  }

  /** {@link Transformers#loadImageText(Path, TransformerOptions)} with the default options. */
  public static ImageTextModel load(Path folder) {
    return Transformers.loadImageText(folder, TransformerOptions.defaults());
  }

  /**
   * What a text and a picture have in common.
   *
   * @param logitsPerText [texts, pictures]
   * @param textVectors [texts, width], of length 1
   * @param pictureVectors [pictures, width], of length 1
   */
  public record Match(INDArray logitsPerText, INDArray textVectors, INDArray pictureVectors) {
    /** The logits of texts for each picture, [pictures, texts]. */
    public INDArray logitsPerImage() {
      return logitsPerText.transpose().dup('c');
    }

    /** For each picture the probabilities of the texts, [pictures, texts]: zero-shot classes. */
    public INDArray textProbabilities() {
      INDArray logits = logitsPerImage();
      return Nd4j.exec(new SoftMax(logits, logits.ulike(), 1))[0];
    }
  }

  /**
   * Compares texts with pictures.
   *
   * @param ids [texts, time]; a text ends at its first end token
   * @param mask [texts, time], 0 for padding; null if there is none
   * @param pixelValues [pictures, channels, height, width]
   */
  public Match match(INDArray ids, @Nullable INDArray mask, INDArray pixelValues) {
    return run(
        ids,
        mask,
        pixelValues,
        all ->
            new Match(
                result(all, HeadPart.Pairs.NAME),
                unit(result(all, head.text().name())),
                unit(result(all, head.pictures().name()))));
  }

  private <T> T run(
      INDArray ids,
      @Nullable INDArray mask,
      INDArray pixelValues,
      Function<Map<String, INDArray>, T> read) {
    if (mask != null) {
      network().setLayerMaskArrays(new INDArray[] {mask, null}, null);
    }
    try {
      return read.apply(network().feedForward(new INDArray[] {ids, pixelValues}, false, true));
    } finally {
      network().clear();
      network().clearLayerMaskArrays();
    }
  }

  private static INDArray result(Map<String, INDArray> all, String name) {
    INDArray value = all.get(name);
    if (value == null) {
      throw new IllegalStateException("The graph has no " + name + ".");
    }
    return value.dup('c');
  }

  private static INDArray unit(INDArray rows) {
    return rows.diviColumnVector(Transforms.sqrt(rows.mul(rows).sum(true, 1)));
  }

  /**
   * Compares texts with pictures. A text that is longer than the model reads is cut, before its end
   * token.
   *
   * @throws PeftException if the folder has no tokenizer
   */
  public Match match(List<String> texts, INDArray pixelValues) {
    Tokens tokens = tokens(texts);
    return match(tokens.ids(), tokens.mask(), pixelValues);
  }

  /**
   * The vectors of texts, [texts, width], behind the projection: {@code text_embeds}. A text that
   * is longer than the model reads is cut, before its end token.
   *
   * @param normalised whether each has the length 1
   * @throws PeftException if the folder has no tokenizer
   */
  public INDArray embedTexts(List<String> texts, boolean normalised) {
    PatchInput input = architecture().pictures().orElseThrow();
    // The graph takes both; a black picture is the least that it can be given.
    INDArray black =
        Nd4j.zeros(
            DataType.FLOAT,
            1,
            input.patches().site().inputs(),
            input.imageHeight(),
            input.imageWidth());
    Tokens tokens = tokens(texts);
    return vectors(tokens, black, head.text(), normalised);
  }

  /**
   * The vectors of pictures, [pictures, width], behind the projection: {@code image_embeds}.
   *
   * @param pixelValues [pictures, channels, height, width]
   * @param normalised whether each has the length 1
   */
  public INDArray embedPictures(INDArray pixelValues, boolean normalised) {
    Tokens any = new Tokens(Nd4j.createFromArray(new int[][] {{0}}), null);
    return vectors(any, pixelValues, head.pictures(), normalised);
  }

  private INDArray vectors(
      Tokens texts, INDArray pixelValues, HeadPart.Vector of, boolean normalised) {
    INDArray vectors = run(texts.ids(), texts.mask(), pixelValues, all -> result(all, of.name()));
    return normalised ? unit(vectors) : vectors;
  }

  /** Texts side by side. */
  private record Tokens(INDArray ids, @Nullable INDArray mask) {}

  private Tokens tokens(List<String> texts) {
    TextLimit limit = TextLimit.of(architecture().maxPositions());
    List<EncodedText> encoded =
        texts.stream().map(text -> tokenizer().encode(TextInput.of(text), limit).get(0)).toList();
    int longest = encoded.stream().mapToInt(text -> text.ids().length).max().orElse(1);
    int[][] ids = new int[texts.size()][longest];
    int[][] mask = new int[texts.size()][longest];
    for (int row = 0; row < ids.length; row++) {
      int[] own = encoded.get(row).ids();
      for (int i = 0; i < longest; i++) {
        ids[row][i] = own[Math.min(i, own.length - 1)]; // Behind the first end, nothing is read.
        mask[row][i] = i < own.length ? 1 : 0;
      }
    }
    return new Tokens(Nd4j.createFromArray(ids), Nd4j.createFromArray(mask));
  }
}
