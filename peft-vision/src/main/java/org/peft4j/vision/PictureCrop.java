package org.peft4j.vision;

import org.peft4j.error.PeftException;

/** Pictures of one size for training, as diffusers' scripts cut them. */
public final class PictureCrop {
  private PictureCrop() {}

  /**
   * The shorter side resized to {@code side}, bilinear with antialiasing, and the middle cut out.
   *
   * @throws PeftException if the side is not from 1 to 8192
   */
  public static Picture square(Picture picture, int side) {
    PictureSize size = new PictureSize(side, side);
    PictureSize resized =
        new ResizeRule.ShortestEdge(side).apply(picture.height(), picture.width());
    return CenterCrop.of(
        Resampler.resize(picture, resized.width(), resized.height(), Resampling.BILINEAR), size);
  }

  /** Left and right swapped. */
  public static Picture mirrored(Picture picture) {
    return Turned.of(picture, 2);
  }
}
