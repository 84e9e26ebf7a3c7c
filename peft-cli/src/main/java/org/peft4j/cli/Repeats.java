package org.peft4j.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Refuses an option with one value that is given twice. In a group of options picocli begins the
 * group anew instead, so that the options before would have no effect.
 */
final class Repeats implements CommandLine.IExecutionStrategy {
  private final CommandLine.IExecutionStrategy after = new CommandLine.RunLast();

  @Override
  public int execute(ParseResult result) {
    for (CommandLine command : result.asCommandLineList()) {
      for (OptionSpec option : command.getCommandSpec().options()) {
        List<String> values = option.originalStringValues();
        if (!option.isMultiValue() && values.size() > 1) {
          throw new ParameterException(
              command,
              option.longestName()
                  + " is given "
                  + values.size()
                  + " times ("
                  + String.join(", ", values)
                  + "); give it once");
        }
      }
    }
    return after.execute(result);
  }
}
