package org.peft4j.cli.options;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.peft4j.transformers.config.Task;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An argument of {@code --task}: what a model is for, or the number of a task of multitask prompts.
 */
public record TaskArgument(Optional<Task> task, Optional<Integer> number) {
  /** Of models of diffusers, that {@code peft train} trains in a way of its own. */
  static final TaskArgument TEXT_TO_IMAGE = new TaskArgument(Optional.empty(), Optional.empty());

  private static final String PICTURES_OF_TEXTS = "text-to-image";

  /** The names of all tasks as they are typed. */
  public static final String NAMES =
      Arrays.stream(Task.values()).map(TaskArgument::typed).collect(Collectors.joining(", "));

  /** Reads an argument. */
  public static final class Converter implements ITypeConverter<TaskArgument> {
    @Override
    public TaskArgument convert(String text) {
      if (text.matches("\\d{1,9}")) {
        return new TaskArgument(Optional.empty(), Optional.of(Integer.valueOf(text)));
      }
      if (text.equalsIgnoreCase(PICTURES_OF_TEXTS)) {
        return TEXT_TO_IMAGE;
      }
      String name = text.toUpperCase(Locale.ROOT).replace('-', '_');
      return Arrays.stream(Task.values())
          .filter(task -> task.name().equals(name))
          .findFirst()
          .map(task -> new TaskArgument(Optional.of(task), Optional.empty()))
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "it is "
                          + text
                          + "; allowed: "
                          + NAMES
                          + ", "
                          + PICTURES_OF_TEXTS
                          + ", or a number"));
    }
  }

  /** The name of a task as it is typed: {@code seq-cls}. */
  public static String typed(Task task) {
    return task.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
