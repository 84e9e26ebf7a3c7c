package org.peft4j.diffusion.training;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.train.data.Batch;

/**
 * Pictures with noise.
 *
 * @param sample [batch, channels, height, width]
 * @param steps of the noise schedule, [batch, 1]
 * @param text states of their texts, [batch, tokens, width]; or their ids, [batch, tokens], where
 *     the text encoder trains too
 * @param target what a UNet should predict, in the shape of the sample
 * @param weights of each picture's error, [batch, 1]
 */
public record NoiseBatch(
    INDArray sample, INDArray steps, INDArray text, INDArray target, INDArray weights)
    implements Batch {
  /** The number of pictures: what the speed of a training is counted in. */
  @Override
  public int tokens() {
    return (int) sample.size(0);
  }
}
