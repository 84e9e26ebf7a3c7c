package org.peft4j.diffusion.training;

import java.util.OptionalDouble;
import org.peft4j.error.PeftException;

/**
 * What is added to pictures, and how much each counts.
 *
 * @param minSnr γ of min-SNR weights (Hang et al., 2303.09556), 5 as a rule; none counts all alike
 * @param offset the strength of offset noise, 0.1 as a rule, 0 for none
 * @param seed what steps and noise follow from
 */
public record NoiseSettings(OptionalDouble minSnr, double offset, long seed) {
  /**
   * @throws PeftException if a number is out of its range
   */
  public NoiseSettings {
    if (!(minSnr.orElse(1) > 0 && Double.isFinite(minSnr.orElse(1)))) {
      throw new PeftException("minSnr is " + minSnr.getAsDouble() + "; allowed: above 0.");
    }
    if (!(offset >= 0 && offset <= 1)) {
      throw new PeftException("offset is " + offset + "; allowed: 0, for none, to 1.");
    }
  }

  /** No weights, no offset, and that seed. */
  public static NoiseSettings plain(long seed) {
    return new NoiseSettings(OptionalDouble.empty(), 0, seed);
  }
}
