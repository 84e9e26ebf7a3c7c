package org.peft4j.transformers.architecture;

import org.peft4j.site.Site;

/**
 * A normalisation of each row.
 *
 * @param site its name and width
 * @param kind its formula
 * @param epsilon what is added to the variance, or to the mean square
 */
public record NormPart(Site site, Kind kind, double epsilon) {
  /** The formula, with weight w and bias b. */
  public enum Kind {
    /** Layer normalisation (Ba et al., 2016): {@code w·(x − μ)/σ + b}. */
    LAYER,
    /** Root mean square (Zhang and Sennrich, 2019): {@code w·x/rms(x)}. */
    RMS,
    /** Root mean square with a weight around 0, as Gemma has it: {@code (1 + w)·x/rms(x)}. */
    RMS_ONE_PLUS
  }
}
