package org.peft4j.vision;

/**
 * The middle of a picture. Where it is smaller than what is cut out, zeros are around it: as
 * transformers does, with one row or column more before than behind if their number is odd.
 */
final class CenterCrop {
  private CenterCrop() {}

  static Picture of(Picture picture, PictureSize size) {
    int top = Math.floorDiv(picture.height() - size.height(), 2);
    int left = Math.floorDiv(picture.width() - size.width(), 2);
    int channels = picture.channels();
    byte[] values = new byte[size.height() * size.width() * channels];
    for (int y = 0; y < size.height(); y++) {
      int from = y + top;
      if (from < 0 || from >= picture.height()) {
        continue;
      }
      int begin = Math.max(0, -left);
      int end = Math.min(size.width(), picture.width() - left);
      if (begin < end) {
        System.arraycopy(
            picture.values(),
            (from * picture.width() + begin + left) * channels,
            values,
            (y * size.width() + begin) * channels,
            (end - begin) * channels);
      }
    }
    return Picture.of(size.width(), size.height(), channels, values);
  }
}
