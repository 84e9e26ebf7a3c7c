package org.peft4j.diffusion.training;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * A picture as a UNet sees it, and its text.
 *
 * @param latents of an autoencoder times its scaling factor, or pixels from −1 to 1: [channels,
 *     height, width]
 * @param text states of its text, [tokens, width]; or its ids, [tokens], where the text encoder
 *     trains too
 * @param weight how much it counts: 1, or that of prior preservation for pictures of the class
 */
public record CaptionedLatents(INDArray latents, INDArray text, double weight) {
  /**
   * @throws PeftException if the shapes are others, or the weight is not 0 or above
   */
  public CaptionedLatents {
    if (latents.rank() != 3
        || text.rank() < 1
        || text.rank() > 2
        || !(weight >= 0 && Double.isFinite(weight))) {
      throw new PeftException(
          "Latents of the shape %s, states of %s and the weight %s; allowed: [channels, height, width], [tokens, width] or [tokens], and 0 or above."
              .formatted(Arrays.toString(latents.shape()), Arrays.toString(text.shape()), weight));
    }
  }

  /** One that counts as 1. */
  public static CaptionedLatents of(INDArray latents, INDArray text) {
    return new CaptionedLatents(latents, text, 1);
  }
}
