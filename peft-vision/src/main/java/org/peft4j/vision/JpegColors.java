package org.peft4j.vision;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * What the components of a JPEG file mean, by libjpeg's rules, and their values in red, green and
 * blue in libjpeg's fixed point: R = Y + 1.402·Cr, G = Y − 0.34414·Cb − 0.71414·Cr, B = Y +
 * 1.772·Cb with Cb and Cr about 128. CMYK is taken as Adobe stores it, upside down, as Pillow does.
 */
enum JpegColors {
  GREY {
    @Override
    void convert(int[] from, int at, byte[] rgb, int to) {
      Arrays.fill(rgb, to, to + 3, (byte) from[at]);
    }
  },
  RGB {
    @Override
    void convert(int[] from, int at, byte[] rgb, int to) {
      for (int c = 0; c < 3; c++) {
        rgb[to + c] = (byte) from[at + c];
      }
    }
  },
  YCC {
    @Override
    void convert(int[] from, int at, byte[] rgb, int to) {
      int y = from[at];
      int cb = from[at + 1] - 128;
      int cr = from[at + 2] - 128;
      rgb[to] = clipped(y + (fixed(1.402) * cr + HALF >> BITS));
      rgb[to + 1] = clipped(y + (-fixed(0.34414) * cb - fixed(0.71414) * cr + HALF >> BITS));
      rgb[to + 2] = clipped(y + (fixed(1.772) * cb + HALF >> BITS));
    }
  },
  CMYK {
    @Override
    void convert(int[] from, int at, byte[] rgb, int to) {
      for (int c = 0; c < 3; c++) {
        rgb[to + c] = ink(255 - from[at + c], from[at + 3]);
      }
    }
  },
  YCCK {
    @Override
    void convert(int[] from, int at, byte[] rgb, int to) {
      YCC.convert(from, at, rgb, to);
      for (int c = 0; c < 3; c++) { // libjpeg turns R, G, B into the stored C, M, Y: 255 − value.
        rgb[to + c] = ink(rgb[to + c] & 0xff, from[at + 3]);
      }
    }
  };

  private static final int BITS = 16;
  private static final int HALF = 1 << BITS - 1;

  /** Writes the pixel at {@code from[at]} to {@code rgb[to]}. */
  abstract void convert(int[] from, int at, byte[] rgb, int to);

  static JpegColors of(int[] components, boolean jfif, OptionalInt adobe) {
    if (components.length == 1) {
      return GREY;
    }
    if (components.length == 4) {
      return adobe.orElse(0) == 0 ? CMYK : YCCK;
    }
    if (jfif) {
      return YCC;
    }
    if (adobe.isPresent()) {
      return adobe.getAsInt() == 0 ? RGB : YCC;
    }
    return Arrays.equals(components, new int[] {'R', 'G', 'B'}) ? RGB : YCC;
  }

  private static int fixed(double value) {
    return (int) (value * (1 << BITS) + 0.5);
  }

  private static byte clipped(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }

  /**
   * What remains of light behind ink, both from 0 to 255: as Pillow, k − ink·k / 255 with a rounded
   * quotient.
   */
  private static byte ink(int ink, int k) {
    int product = ink * k + 128;
    return clipped(k - ((product >> 8) + product >> 8));
  }
}
