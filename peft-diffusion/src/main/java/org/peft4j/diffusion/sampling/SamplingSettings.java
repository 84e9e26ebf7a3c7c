package org.peft4j.diffusion.sampling;

import org.peft4j.diffusion.schedule.SamplerKind;
import org.peft4j.error.PeftException;

/**
 * How noise becomes a picture.
 *
 * @param sampler which
 * @param steps how many; the noise schedule bounds them
 * @param guidance how far to go from what is predicted without a text to what is predicted with it
 *     (Ho and Salimans, 2207.12598): 1 for the text alone, more for more of the text
 */
public record SamplingSettings(SamplerKind sampler, int steps, double guidance) {
  /**
   * @throws PeftException if steps or guidance are out of their range
   */
  public SamplingSettings {
    if (steps < 1) {
      throw new PeftException("steps is " + steps + "; allowed: 1 and above.");
    }
    if (!(guidance >= 1 && Double.isFinite(guidance))) {
      throw new PeftException(
          "guidance is " + guidance + "; allowed: 1, the text alone, and above.");
    }
  }
}
