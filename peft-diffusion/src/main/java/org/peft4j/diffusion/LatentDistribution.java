package org.peft4j.diffusion;

import java.util.random.RandomGenerator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The normal distributions of pictures' latents, as an autoencoder's encoder gives them.
 *
 * @param mean [batch, channels, height, width]
 * @param deviation of the same shape
 */
public record LatentDistribution(INDArray mean, INDArray deviation) {
  /** {@code mean + deviation·n} with n normal. */
  public INDArray sample(RandomGenerator random) {
    INDArray latents = mean.dup('c');
    for (long i = 0; i < latents.length(); i++) {
      double value = mean.getDouble(i) + deviation.getDouble(i) * random.nextGaussian();
      latents.putScalar(i, value);
    }
    return latents;
  }
}
