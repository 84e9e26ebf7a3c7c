package org.peft4j.lora.eva;

import org.peft4j.error.PeftException;

/**
 * How EVA allocates ranks.
 *
 * @param rho a module gets at most ρ times its rank; 1 and above, 1 keeps ranks
 * @param whiten whether to divide each component by the root of its singular value
 * @param adjustScaling whether alpha grows and shrinks with the rank, which keeps the scale
 */
public record EvaSettings(double rho, boolean whiten, boolean adjustScaling) {
  /** Hugging Face PEFT's settings: ρ 2, no whitening, constant scale. */
  public static final EvaSettings DEFAULT = new EvaSettings(2, false, true);

  /** Checks ρ. */
  public EvaSettings {
    if (!(rho >= 1 && rho <= 1000)) {
      throw new PeftException("rho is " + rho + "; allowed: 1 to 1000.");
    }
  }
}
