package org.peft4j.cli.options;

import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.peft4j.error.PeftException;

/**
 * The options that set fields of the Java API, so that messages name what was typed.
 *
 * @param options an option for each field
 */
public record OptionNames(Map<String, String> options) {
  /**
   * Makes a value.
   *
   * @throws PeftException as {@code make} does, with options in place of fields
   */
  public <T> T in(Supplier<T> make) {
    try {
      return make.get();
    } catch (PeftException e) {
      throw new PeftException(renamed(Objects.requireNonNullElse(e.getMessage(), "")), e);
    }
  }

  private String renamed(String message) {
    String fields = options.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|"));
    return Pattern.compile("(?<![\\w-])(?:" + fields + ")(?!\\w)")
        .matcher(message)
        .replaceAll(found -> Matcher.quoteReplacement(options.getOrDefault(found.group(), "")));
  }
}
