package org.peft4j.cli.train;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Spans of time as people write them: {@code 90s}, {@code 1h30m}, {@code 2d}. */
final class TimeText implements ITypeConverter<Duration> {
  private static final Pattern TIME =
      Pattern.compile("(?:(\\d{1,9})d)?(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?");

  @Override
  public Duration convert(String value) {
    Matcher parts = TIME.matcher(value.strip().toLowerCase(Locale.ROOT));
    Duration time =
        parts.matches()
            ? Duration.ofDays(number(parts, 1))
                .plusHours(number(parts, 2))
                .plusMinutes(number(parts, 3))
                .plusSeconds(number(parts, 4))
            : Duration.ZERO;
    if (time.isZero()) {
      throw new TypeConversionException(
          "'" + value + "' is no time; needed: such as 90s, 45m, 1h30m or 2d, above 0");
    }
    return time;
  }

  private static long number(Matcher parts, int group) {
    String digits = parts.group(group);
    return digits == null ? 0 : Long.parseLong(digits);
  }

  /** A time in its two largest units: {@code 2 h 5 min}. */
  static String of(double seconds) {
    long all = Math.round(seconds);
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    if (all < 60) {
      return all + " s";
    }
    if (all < 3600) {
      return all / 60 + " min " + all % 60 + " s";
    }
    return all < 86_400
        ? all / 3600 + " h " + all % 3600 / 60 + " min"
        : all / 86_400 + " d " + all % 86_400 / 3600 + " h";
  }
}
