package org.peft4j.cli.options;

import org.peft4j.error.PeftException;
import org.peft4j.train.optimizer.StandardOptimizer;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Checks the name of an optimizer. The option is a text, so that help loads no class of ND4J. */
public final class OptimizerName implements ITypeConverter<String> {
  @Override
  public String convert(String value) {
    try {
      return StandardOptimizer.named(value).id();
    } catch (PeftException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
