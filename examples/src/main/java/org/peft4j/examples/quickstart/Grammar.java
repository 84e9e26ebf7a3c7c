package org.peft4j.examples.quickstart;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * A grammar that writes text. Each rule is a list of alternatives; {@code {x}} in one is replaced
 * by the value bound to x, or else by a random alternative of rule x.
 *
 * <pre>{@code
 * Grammar grammar = new Grammar(Map.of("sky", List.of("blue", "grey")));
 * grammar.write("{who} sees a {sky} sky.", Map.of("who", "Pip"), random); // Pip sees a grey sky.
 * }</pre>
 *
 * @param rules the alternatives of each rule
 */
record Grammar(Map<String, List<String>> rules) {
  private static final Pattern SLOT = Pattern.compile("\\{(\\w+)}");
  private static final Pattern ARTICLE = Pattern.compile("\\b([Aa])(?= [aeiou])");

  /**
   * Fills every slot of the template; "a" becomes "an" before a vowel.
   *
   * @throws IllegalArgumentException if a slot is neither bound nor a rule
   */
  String write(String template, Map<String, String> bound, RandomGenerator random) {
    return ARTICLE.matcher(expand(template, bound, random)).replaceAll("$1n");
  }

  private String expand(String template, Map<String, String> bound, RandomGenerator random) {
    // No value contains a backslash or a dollar sign, which replaceAll would treat specially.
    return SLOT.matcher(template).replaceAll(slot -> value(slot.group(1), bound, random));
  }

  private String value(String name, Map<String, String> bound, RandomGenerator random) {
    String value = bound.get(name);
    if (value != null) {
      return value;
    }
    List<String> alternatives = rules.get(name);
    if (alternatives == null) {
      throw new IllegalArgumentException(
          "Slot {%s} is neither bound nor a rule. Rules: %s".formatted(name, rules.keySet()));
    }
    return expand(pick(alternatives, random), bound, random);
  }

  /** A random element of the list. */
  static <T> T pick(List<T> from, RandomGenerator random) {
    return from.get(random.nextInt(from.size()));
  }
}
