package org.peft4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.pattern.PatternError;
import org.peft4j.internal.pattern.PythonPattern;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.TensorPlace;

/**
 * Learning rates of the tensors in whose keys a pattern is found; the first pattern that is found
 * holds. The others, and all decays, are those of other groups.
 *
 * @param others the other groups
 * @param patterns with the highest learning rate of each
 */
record NamedRates(ParameterGroups others, Map<PythonPattern, Double> patterns)
    implements ParameterGroups {
  /**
   * Rates by pattern.
   *
   * @param rates by pattern, in Python's language; none for the other groups alone
   * @param places of the tensors
   * @throws PeftException if a pattern is none, or is found in no key
   */
  static ParameterGroups of(
      ParameterGroups others, Map<String, Double> rates, List<TensorPlace> places) {
    if (rates.isEmpty()) {
      return others;
    }
    List<String> keys = places.stream().map(TensorPlace::key).toList();
    Map<PythonPattern, Double> patterns = new LinkedHashMap<>();
    rates.forEach(
        (text, rate) -> {
          PythonPattern pattern = pattern(text);
          if (keys.stream().noneMatch(pattern::matches)) {
            throw new PeftException(
                "The learning rate of "
                    + Quoted.quoted(text)
                    + " is of no tensor: it is found in no key. "
                    + NearestNames.sentence(text, keys));
          }
          patterns.put(pattern, rate);
        });
    return new NamedRates(others, patterns);
  }

  /**
   * The pattern of keys in which a text is found.
   *
   * @throws PeftException if it is none
   */
  static PythonPattern pattern(String text) {
    try {
      return PythonPattern.of(".*(?:" + text + ").*");
    } catch (PatternError e) {
      throw new PeftException(
          "The learning rate of "
              + Quoted.quoted(text)
              + ": that is no regular expression of Python: "
              + e.getMessage()
              + ".",
          e);
    }
  }

  @Override
  public Group of(String key, int dimensions, double learningRate) {
    Group group = others.of(key, dimensions, learningRate);
    return patterns.entrySet().stream()
        .filter(entry -> entry.getKey().matches(key))
        .findFirst()
        .map(entry -> new Group(entry.getValue() / learningRate, group.weightDecay()))
        .orElse(group);
  }
}
