package org.peft4j.cli.options;

import java.util.List;
import java.util.Locale;

/** Formats a number of bytes with three digits: {@code 9.48 MB}. */
public final class ByteSize {
  private static final List<String> UNITS = List.of("bytes", "kB", "MB", "GB", "TB", "PB", "EB");
  private static final int STEP = 1000;

  private ByteSize() {}

  /** The number in the largest unit of which there is one at least. */
  public static String text(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= STEP - 0.5) {
      value /= STEP;
      unit++;
    }
    int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f %s", value, UNITS.get(unit));
  }
}
