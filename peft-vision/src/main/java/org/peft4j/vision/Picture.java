package org.peft4j.vision;

import org.peft4j.error.PeftException;

/**
 * Pixels of one byte for each channel, {@code [height, width, channels]}: three channels are red,
 * green and blue, one is grey. A picture does not change.
 */
public final class Picture {
  /** The weights of ITU-R 601-2 in 16 bits, as Pillow rounds them. */
  private static final int RED = 19595;

  private static final int GREEN = 38470;
  private static final int BLUE = 7471;

  private final int width;
  private final int height;
  private final int channels;
  private final byte[] values;

  private Picture(int width, int height, int channels, byte[] values) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.values = values;
  }

  /**
   * A picture of these values, which are not copied and must not change any more.
   *
   * @param values {@code [height, width, channels]}
   * @throws PeftException if there are not as many values, or neither 1 nor 3 channels
   */
  public static Picture of(int width, int height, int channels, byte[] values) {
    if (width < 1
        || height < 1
        || channels != 1 && channels != 3
        || values.length != (long) width * height * channels) {
      throw new PeftException(
          "A picture of %d × %d pixels with %d channels and %d values; allowed: 1 or 3 channels, and as many values as width · height · channels."
              .formatted(width, height, channels, values.length));
    }
    return new Picture(width, height, channels, values);
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** 3 for red, green and blue; 1 for grey. */
  public int channels() {
    return channels;
  }

  /** A value from 0 to 255. */
  public int value(int x, int y, int channel) {
    return values[(y * width + x) * channels + channel] & 0xff;
  }

  /** The values themselves, {@code [height, width, channels]}; not to be changed. */
  public byte[] values() {
    return values;
  }

  /** This picture in red, green and blue; a grey one has its value in all three. */
  public Picture color() {
    if (channels == 3) {
      return this;
    }
    byte[] rgb = new byte[values.length * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = values[i / 3];
    }
    return new Picture(width, height, 3, rgb);
  }

  /**
   * This picture in grey: (19595·R + 38470·G + 7471·B) / 65536, rounded; what Pillow's {@code
   * convert("L")} gives.
   */
  public Picture grey() {
    if (channels == 1) {
      return this;
    }
    byte[] grey = new byte[width * height];
    for (int i = 0; i < grey.length; i++) {
      int sum =
          RED * (values[3 * i] & 0xff)
              + GREEN * (values[3 * i + 1] & 0xff)
              + BLUE * (values[3 * i + 2] & 0xff);
      grey[i] = (byte) (sum + 0x8000 >> 16);
    }
    return new Picture(width, height, 1, grey);
  }

  @Override
  public String toString() {
    return "%d × %d pixels in %s".formatted(width, height, channels == 3 ? "colour" : "grey");
  }
}
