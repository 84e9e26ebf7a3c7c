package org.peft4j.cli.options;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An adapter's folder, and the factor of what the adapter adds: {@code DIR} or {@code DIR=0.5}.
 *
 * @param folder the adapter's
 * @param weight 1 if none is given
 */
public record WeightedFolder(Path folder, double weight) {
  /** Reads an argument; a folder whose own name ends in {@code =NUMBER} is that folder. */
  public static final class Converter implements ITypeConverter<WeightedFolder> {
    @Override
    public WeightedFolder convert(String text) {
      int sign = text.lastIndexOf('=');
      if (sign < 1 || Files.isDirectory(Path.of(text))) {
        return new WeightedFolder(Path.of(text), 1);
      }
      String number = text.substring(sign + 1);
      try {
        double weight = Double.parseDouble(number);
        if (Double.isFinite(weight)) {
          return new WeightedFolder(Path.of(text.substring(0, sign)), weight);
        }
      } catch (NumberFormatException e) {
        // Told below, with the text.
      }
      throw new TypeConversionException(
          "the weight of " + text.substring(0, sign) + " is " + number + "; allowed: a number");
    }
  }
}
