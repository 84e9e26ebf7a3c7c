package org.peft4j.vision;

/**
 * A picture set upright: EXIF's orientations 2 to 4 mirror and turn it, 5 to 8 swap its sides too.
 */
final class Turned {
  private Turned() {}

  /**
   * The picture as it is meant to be seen.
   *
   * @param orientation 1 to 8, as in EXIF
   */
  static Picture of(Picture picture, int orientation) {
    if (orientation == 1) {
      return picture;
    }
    boolean swapped = orientation >= 5;
    int width = swapped ? picture.height() : picture.width();
    int height = swapped ? picture.width() : picture.height();
    // Which of the stored picture's axes runs backwards.
    boolean backX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    boolean backY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    int channels = picture.channels();
    byte[] values = new byte[picture.values().length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int alongX = swapped ? y : x;
        int alongY = swapped ? x : y;
        int fromX = backX ? picture.width() - 1 - alongX : alongX;
        int fromY = backY ? picture.height() - 1 - alongY : alongY;
        System.arraycopy(
            picture.values(),
            (fromY * picture.width() + fromX) * channels,
            values,
            (y * width + x) * channels,
            channels);
      }
    }
    return Picture.of(width, height, channels, values);
  }
}
