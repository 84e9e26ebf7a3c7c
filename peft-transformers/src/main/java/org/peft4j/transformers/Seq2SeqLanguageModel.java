package org.peft4j.transformers;

import java.nio.file.Path;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.internal.batch.ShiftedLabels;
import org.peft4j.transformers.internal.model.FrozenModel;

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
public final class Seq2SeqLanguageModel extends TransformerModel {
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
}
