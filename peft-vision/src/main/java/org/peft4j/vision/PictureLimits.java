package org.peft4j.vision;

import org.peft4j.error.PeftException;

/**
 * How large a picture file may be. Both are looked at before anything is decoded: a header that
 * promises more costs nothing.
 *
 * @param maxBytes of the file
 * @param maxPixels width · height
 */
public record PictureLimits(long maxBytes, long maxPixels) {
  /** 256 MiB, and as many pixels as Pillow reads without a warning. */
  public static final PictureLimits STANDARD = new PictureLimits(1L << 28, 89_478_485);

  /** More pixels than this have no array of values. */
  private static final long MOST_PIXELS = (Integer.MAX_VALUE - 8) / 3;

  /**
   * @throws PeftException if one is not positive, or larger than an array
   */
  public PictureLimits {
    if (maxBytes < 1 || maxBytes > Integer.MAX_VALUE - 8) {
      throw new PeftException(
          "maxBytes is " + maxBytes + "; allowed: 1 to " + (Integer.MAX_VALUE - 8) + ".");
    }
    if (maxPixels < 1 || maxPixels > MOST_PIXELS) {
      throw new PeftException("maxPixels is " + maxPixels + "; allowed: 1 to " + MOST_PIXELS + ".");
    }
  }
}
