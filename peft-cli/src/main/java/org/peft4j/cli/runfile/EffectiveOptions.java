package org.peft4j.cli.runfile;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A run's file with every option of a command line, those of its own file and defaults included.
 * What has no value is a comment. Where a run goes on from is no part of what it is.
 */
public final class EffectiveOptions {
  private EffectiveOptions() {}

  /** The text of the file. */
  public static String yaml(CommandLine command) {
    StringBuilder text = new StringBuilder();
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (describes(option)) {
        text.append(line(option)).append('\n');
      }
    }
    return text.toString();
  }

  /** The options that were given, by name, as they were typed. */
  public static Map<String, String> given(CommandLine command) {
    Map<String, String> given = new LinkedHashMap<>();
    for (OptionSpec option : command.getCommandSpec().options()) {
      List<String> typed = option.originalStringValues();
      if (describes(option) && !typed.isEmpty()) {
        String text = String.join(", ", typed);
        given.put(option.longestName().substring(2), text.isEmpty() ? "true" : text);
      }
    }
    return given;
  }

  private static boolean describes(OptionSpec option) {
    return !RunArguments.OUTSIDE.contains(option.longestName())
        && !option.longestName().equals("--resume");
  }

  private static String line(OptionSpec option) {
    String name = option.longestName().substring(2);
    Object value = value(option);
    List<String> typed = option.originalStringValues();
    if (option.arity().max() > 0 && !typed.isEmpty() && !(value instanceof Map<?, ?>)) {
      if (!option.isMultiValue() || typed.size() == 1) {
        return name + ": " + Texts.yaml(typed.get(typed.size() - 1));
      }
      return list(name, typed);
    }
    if (value == null || (value instanceof Collection<?> many && many.isEmpty())) {
      return "# " + name + ":";
    }
    if (value instanceof Map<?, ?> map) {
      return map.isEmpty() ? "# " + name + ":" : map(name, map);
    }
    return name + ": " + Texts.yaml(text(value));
  }

  private static String list(String name, Collection<?> values) {
    List<String> texts = new ArrayList<>();
    values.forEach(each -> texts.add(Texts.yaml(text(each))));
    return name + ": [" + String.join(", ", texts) + "]";
  }

  private static String map(String name, Map<?, ?> map) {
    StringBuilder text = new StringBuilder(name).append(':');
    map.forEach(
        (key, value) ->
            text.append("\n  ")
                .append(Texts.yaml(text(key)))
                .append(": ")
                .append(Texts.yaml(text(value))));
    return text.toString();
  }

  private static @Nullable Object value(OptionSpec option) {
    Object value = option.getValue();
    return value instanceof Optional<?> maybe ? maybe.orElse(null) : value;
  }

  private static String text(Object value) {
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    if (value instanceof Duration time) {
      return time.toSeconds() + "s";
    }
    return value instanceof Path path ? path.toString() : String.valueOf(value);
  }
}
