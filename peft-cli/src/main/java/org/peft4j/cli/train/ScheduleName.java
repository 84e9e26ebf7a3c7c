package org.peft4j.cli.train;

import org.peft4j.error.PeftException;
import org.peft4j.train.schedule.Schedules;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Checks the text of a schedule. */
final class ScheduleName implements ITypeConverter<String> {
  @Override
  public String convert(String value) {
    try {
      Schedules.parse(value);
      return value;
    } catch (PeftException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
