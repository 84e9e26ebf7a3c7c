package org.peft4j.examples.pictures;

import java.util.Arrays;
import java.util.List;
import org.peft4j.vision.Picture;

/** Pictures of one size in rows, enlarged, on one picture, with grey between them. */
final class Sheet {
  private static final int CHANNELS = 3;
  private static final int GAP = 4;
  private static final byte GREY = (byte) 160;

  private Sheet() {}

  /**
   * Pictures from left to right and from top to bottom.
   *
   * @param scale how many pixels of a side each pixel becomes
   */
  static Picture of(List<Picture> pictures, int columns, int scale) {
    int side = pictures.get(0).width() * scale;
    int cell = side + GAP;
    int width = columns * cell - GAP;
    int height = (pictures.size() + columns - 1) / columns * cell - GAP;
    byte[] values = new byte[width * height * CHANNELS];
    Arrays.fill(values, GREY);
    for (int i = 0; i < pictures.size(); i++) {
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          int at = (i / columns * cell + y) * width + i % columns * cell + x;
          for (int channel = 0; channel < CHANNELS; channel++) {
            values[at * CHANNELS + channel] =
                (byte) pictures.get(i).value(x / scale, y / scale, channel);
          }
        }
      }
    }
    return Picture.of(width, height, CHANNELS, values);
  }
}
