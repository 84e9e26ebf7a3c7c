package org.peft4j.diffusion.pipeline;

import org.peft4j.diffusion.sampling.SamplingSettings;
import org.peft4j.error.PeftException;

/**
 * A picture that is asked for.
 *
 * @param prompt what it shows
 * @param negative what guidance goes away from; empty as a rule
 * @param height in pixels
 * @param width in pixels
 * @param seed what its noise follows from
 * @param settings how it is made
 */
public record PictureRequest(
    String prompt, String negative, int height, int width, long seed, SamplingSettings settings) {
  private static final int LARGEST = 4096;

  /**
   * @throws PeftException if a side is not from 1 to 4096 pixels
   */
  public PictureRequest {
    if (height < 1 || width < 1 || height > LARGEST || width > LARGEST) {
      throw new PeftException(
          "A picture of %d × %d pixels (height × width); allowed: 1 to %d each."
              .formatted(height, width, LARGEST));
    }
  }
}
