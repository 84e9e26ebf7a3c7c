package org.peft4j.cli.checkpoint;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes with a decimal unit, as in Hugging Face's {@code max_shard_size}. */
final class ShardSize implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})(|KB|MB|GB|TB)");
  private static final Map<String, Long> UNITS =
      Map.of(
          "", 1L, "KB", 1_000L, "MB", 1_000_000L, "GB", 1_000_000_000L, "TB", 1_000_000_000_000L);

  @Override
  public Long convert(String text) {
    Matcher size = SIZE.matcher(text.toUpperCase(Locale.ROOT));
    long bytes =
        size.matches()
            ? Long.parseLong(size.group(1)) * Objects.requireNonNull(UNITS.get(size.group(2)))
            : 0;
    if (bytes < 1) {
      throw new TypeConversionException(
          "it is " + text + "; allowed: a whole number above 0 and KB, MB, GB, TB or nothing");
    }
    return bytes;
  }
}
