package org.peft4j.lora.common;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PatternMap;
import org.peft4j.site.Site;

/**
 * The ranks and alphas of a config.
 *
 * @param rank r; at least 1
 * @param alpha α, above 0: what is added to the weight is scaled by α/r
 * @param rankPattern ranks by module path; the first key that matches counts
 * @param alphaPattern alphas by module path; the first key that matches counts
 */
public record Ranks(
    int rank, double alpha, Map<String, Integer> rankPattern, Map<String, Double> alphaPattern) {
  private static final int MAX_RANK = 1 << 20;

  public Ranks {
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
  }

  /**
   * What is wrong with them, a sentence each.
   *
   * @param alphaField what the method calls alpha: {@code alpha} or {@code lora_alpha}
   */
  public List<String> problems(String alphaField) {
    List<String> problems = new ArrayList<>();
    checkRank("r", rank, problems);
    checkAlpha(alphaField, alpha, problems);
    rankPattern.forEach((key, value) -> checkRank("rank_pattern \"" + key + "\"", value, problems));
    alphaPattern.forEach(
        (key, value) -> checkAlpha("alpha_pattern \"" + key + "\"", value, problems));
    return problems;
  }

  private static void checkRank(String field, int value, List<String> problems) {
    if (value < 1 || value > MAX_RANK) {
      problems.add(field + " is " + value + "; allowed: 1 to " + MAX_RANK + ".");
    }
  }

  private static void checkAlpha(String field, double value, List<String> problems) {
    if (!(value > 0 && Double.isFinite(value))) {
      problems.add(field + " is " + value + "; allowed: a finite number above 0.");
    }
  }

  /** Adds to {@code problems} if a probability of dropout is not in [0, 1). */
  public static void checkDropout(String field, double value, List<String> problems) {
    if (!(value >= 0 && value < 1)) {
      problems.add(field + " is " + value + "; allowed: 0 up to, not including, 1.");
    }
  }

  /** The rank at a site. */
  public int rankAt(Site site) {
    return new PatternMap<>("rank_pattern", rankPattern).get(site.name(), rank);
  }

  /** α/r at a site. */
  public double scaleAt(Site site) {
    double own = new PatternMap<>("alpha_pattern", alphaPattern).get(site.name(), alpha);
    return own / rankAt(site);
  }

  /** The keys of both patterns. */
  public List<String> patterns() {
    List<String> patterns = new ArrayList<>(rankPattern.keySet());
    patterns.addAll(alphaPattern.keySet());
    return patterns;
  }

  /** Reads {@code r}, alpha and the patterns. */
  public static Ranks read(ConfigReader json, String alphaField) {
    return new Ranks(
        json.integer("r", 8),
        json.number(alphaField, 8),
        json.numbers(
            "rank_pattern",
            n -> n.canConvertToExactIntegral() && n.canConvertToInt() ? n.intValue() : null),
        json.numbers("alpha_pattern", n -> n.isNumber() ? n.doubleValue() : null));
  }

  /** Writes {@code r}, alpha and the patterns. */
  public void write(ObjectNode json, String alphaField) {
    json.put("r", rank);
    number(json, alphaField, alpha);
    ObjectNode ranks = json.putObject("rank_pattern");
    rankPattern.forEach(ranks::put);
    ObjectNode alphas = json.putObject("alpha_pattern");
    alphaPattern.forEach((key, value) -> number(alphas, key, value));
  }

  /** Whole numbers as Hugging Face PEFT writes them: without a fraction. */
  private static void number(ObjectNode json, String field, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e9) {
      json.put(field, (int) value);
    } else {
      json.put(field, value);
    }
  }
}
