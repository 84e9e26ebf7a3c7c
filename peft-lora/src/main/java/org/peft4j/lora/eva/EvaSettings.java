package org.peft4j.lora.eva;

import org.peft4j.error.PeftException;

/**
 * How EVA gives ranks.
 *
 * @param rho a module gets ρ times its rank at most; 1 and above, 1 leaves ranks as they are
 * @param whiten whether each component is divided by the root of its singular value
 * @param adjustScaling whether alpha grows and shrinks with the rank, so that the scale stays
 */
public record EvaSettings(double rho, boolean whiten, boolean adjustScaling) {
  /** Hugging Face PEFT's: ρ 2, not whitened, the scale stays. */
  public static final EvaSettings DEFAULT = new EvaSettings(2, false, true);

  /** Checks ρ. */
  public EvaSettings {
    if (!(rho >= 1 && rho <= 1000)) {
      throw new PeftException("rho is " + rho + "; allowed: 1 to 1000.");
    }
  }
}
