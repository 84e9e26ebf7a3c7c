package org.peft4j.kernel;

/**
 * How an attention computes scores from queries and keys: {@code scale·q·kᵀ}, or {@code
 * c·tanh(scale·q·kᵀ/c)} with a soft cap c, which keeps them between −c and c (Gemma 2, 2024).
 *
 * @param scale usually {@code 1/√D}
 * @param softCap c; 0 for none
 * @param rounded whether products may take their factors rounded to BFLOAT16, as layers allow it
 *     whose weights are; sums are in single precision anyway
 */
public record AttentionScores(double scale, double softCap, boolean rounded) {
  /**
   * @throws IllegalArgumentException if the scale is not finite, or the cap negative or not finite
   */
  public AttentionScores {
    if (!Double.isFinite(scale) || !Double.isFinite(softCap) || softCap < 0) {
      throw new IllegalArgumentException(
          "scale is "
              + scale
              + " and softCap "
              + softCap
              + "; allowed: a finite scale, and a cap of at least 0, where 0 means none.");
    }
  }

  /** Without rounding. */
  public AttentionScores(double scale, double softCap) {
    this(scale, softCap, false);
  }

  /** {@code scale·q·kᵀ}. */
  public static AttentionScores scaled(double scale) {
    return new AttentionScores(scale, 0);
  }

  /** Whether there is a soft cap. */
  public boolean capped() {
    return softCap > 0;
  }
}
