package org.peft4j.vision;

import org.peft4j.error.PeftException;

/** A height and a width in pixels. */
public record PictureSize(int height, int width) {
  /** No model sees more along a side. */
  static final int LARGEST = 1 << 13;

  /**
   * @throws PeftException if one is not from 1 to 8192
   */
  public PictureSize {
    if (height < 1 || width < 1 || height > LARGEST || width > LARGEST) {
      throw new PeftException(
          "A size of %d × %d pixels (height × width); allowed: 1 to %d."
              .formatted(height, width, LARGEST));
    }
  }
}
