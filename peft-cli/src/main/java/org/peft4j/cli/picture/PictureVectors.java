package org.peft4j.cli.picture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.ImageTextModel;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.architecture.HeadPart;

/**
 * The vectors of pictures, and of the texts of CLIP.
 *
 * @param pooling of hidden states; empty for the model's own vector if it projects one, as CLIP, or
 *     else the first state: that of the class token
 * @param normalised whether each has the length 1
 */
public record PictureVectors(
    TransformerModel model, Optional<VectorPooling> pooling, boolean normalised) {
  /**
   * @throws PeftException if the model gives no vectors, or has no hidden states to pool
   */
  public PictureVectors {
    if (!(model instanceof Encoder || model instanceof ImageTextModel)) {
      throw new PeftException(
          model.folder()
              + " is a model for the task "
              + model.architecture().task()
              + ", and gives no vectors; give a ViT or CLIP.");
    }
    if (pooling.isPresent() && model instanceof ImageTextModel) {
      throw new PeftException(
          "Pooling is for hidden states; CLIP projects vectors of its own. Leave it out.");
    }
  }

  /** Of pictures [pictures, channels, height, width]. */
  public List<float[]> ofPictures(INDArray pixelValues) {
    if (model instanceof ImageTextModel pairs) {
      return rows(pairs.embedPictures(pixelValues, normalised));
    }
    INDArray[] outputs = model.network().output(false, pixelValues);
    boolean projected =
        model.architecture().head() instanceof HeadPart.Vector vector
            && vector.projection().isPresent();
    if (projected && pooling.isEmpty()) {
      INDArray vectors = outputs[1].dup('c');
      return rows(normalised ? vectors.diviColumnVector(vectors.norm2(true, 1)) : vectors);
    }
    VectorPooling how = pooling.orElse(VectorPooling.FIRST);
    INDArray mask = Nd4j.ones(outputs[0].size(0), outputs[0].size(1));
    return rows(normalised ? how.normalised(outputs[0], mask) : how.of(outputs[0], mask));
  }

  /**
   * Of texts.
   *
   * @throws PeftException if the model reads none
   */
  public List<float[]> ofTexts(List<String> texts) {
    if (model instanceof ImageTextModel pairs) {
      return rows(pairs.embedTexts(texts, normalised));
    }
    throw new PeftException(model.folder() + " reads pictures, and no texts.");
  }

  private static List<float[]> rows(INDArray vectors) {
    List<float[]> rows = new ArrayList<>();
    for (long row = 0; row < vectors.size(0); row++) {
      rows.add(vectors.getRow(row).toFloatVector());
    }
    return rows;
  }
}
