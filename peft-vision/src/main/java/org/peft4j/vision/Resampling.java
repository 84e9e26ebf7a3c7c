package org.peft4j.vision;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.peft4j.error.PeftException;

/**
 * A filter of {@link Resampler}: a weight for each distance from the centre of a new pixel, in old
 * pixels. The codes are Pillow's, which {@code resample} of a {@code preprocessor_config.json} is.
 */
public enum Resampling {
  NEAREST(0, 0),
  LANCZOS(1, 3) {
    @Override
    double weight(double x) {
      return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
  },
  BILINEAR(2, 1) {
    @Override
    double weight(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  },
  /** Keys' cubic with a = −1/2. */
  BICUBIC(3, 2) {
    @Override
    double weight(double x) {
      double a = -0.5;
      double d = Math.abs(x);
      if (d < 1) {
        return ((a + 2) * d - (a + 3)) * d * d + 1;
      }
      return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    }
  },
  BOX(4, 0.5) {
    @Override
    double weight(double x) {
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    }
  },
  HAMMING(5, 1) {
    @Override
    double weight(double x) {
      double d = Math.abs(x);
      if (d == 0) {
        return 1;
      }
      return d >= 1 ? 0 : sinc(d) * (0.54 + 0.46 * Math.cos(Math.PI * d));
    }
  };

  private final int code;
  private final double support;

  Resampling(int code, double support) {
    this.code = code;
    this.support = support;
  }

  /** How far from its centre the filter reaches, in pixels; 0 for the nearest pixel alone. */
  double support() {
    return support;
  }

  double weight(double x) {
    throw new IllegalStateException(this + " has no weights.");
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }

  /**
   * The filter of a code.
   *
   * @throws PeftException if there is none
   */
  public static Resampling of(int code) {
    for (Resampling each : values()) {
      if (each.code == code) {
        return each;
      }
    }
    throw new PeftException("resample is " + code + "; allowed: " + codes() + ".");
  }

  /** The codes with their names, for messages. */
  static String codes() {
    return Arrays.stream(values())
        .map(each -> each.code + " (" + each.name().toLowerCase(Locale.ROOT) + ")")
        .collect(Collectors.joining(", "));
  }
}
