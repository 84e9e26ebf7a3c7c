package org.peft4j.transformers;

import java.nio.file.Path;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.internal.model.FrozenModel;

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
}
