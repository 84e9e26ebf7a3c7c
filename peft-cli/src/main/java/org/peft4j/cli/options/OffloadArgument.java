package org.peft4j.cli.options;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where {@code --offload} leaves weights: {@code disk}, or {@code disk:3G} to keep up to so many
 * bytes of the first blocks in memory.
 *
 * @param kept bytes
 */
public record OffloadArgument(long kept) {
  /** What the options of commands say of it. */
  public static final String KEEPING =
      " disk:SIZE keeps the first blocks in memory, up to SIZE, such as 800M or 3G.";

  private static final Pattern TEXT = Pattern.compile("disk(?::(\\d{1,9})([kmg])?)?");

  /** Reads an argument; sizes are multiples of 1024, as of Java's own options. */
  public static final class Converter implements ITypeConverter<OffloadArgument> {
    @Override
    public OffloadArgument convert(String text) {
      Matcher parts = TEXT.matcher(text.toLowerCase(Locale.ROOT));
      if (!parts.matches()) {
        throw new TypeConversionException(
            "'" + text + "' is none of disk and disk:SIZE with a size such as 800M or 3G");
      }
      if (parts.group(1) == null) {
        return new OffloadArgument(0);
      }
      int power = parts.group(2) == null ? 0 : 1 + "kmg".indexOf(parts.group(2));
      return new OffloadArgument(Long.parseLong(parts.group(1)) << 10 * power);
    }
  }
}
