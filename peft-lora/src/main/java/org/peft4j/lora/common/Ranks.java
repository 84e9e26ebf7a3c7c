package org.peft4j.lora.common;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.config.PatternMap;
import org.peft4j.config.PeftConfig;
import org.peft4j.site.Site;

/**
 * The ranks and alphas of a config.
 *
 * @param rank r; at least 1
 * @param alpha α, above 0: the scale of the weight's change is α/r
 * @param rankPattern ranks by module path; the first key that matches counts
 * @param alphaPattern alphas by module path; the first key that matches counts
 */
public record Ranks(
    int rank, double alpha, Map<String, Integer> rankPattern, Map<String, Double> alphaPattern) {
  private static final String RANKS = "rank_pattern";
  private static final String ALPHAS = "alpha_pattern";

  /** Ranks by module path. */
  public static final FieldType<Map<String, Integer>> RANK_PATTERN =
      FieldType.mapOf("an object of pattern: number", FieldType.INTEGER);

  private static final FieldType<Map<String, Double>> ALPHA_PATTERN =
      FieldType.mapOf("an object of pattern: number", FieldType.WHOLE_OR_NUMBER);

  public Ranks {
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
  }

  /**
   * Their problems, one sentence each.
   *
   * @param alphaField the method's name for alpha: {@code alpha} or {@code lora_alpha}
   */
  public List<String> problems(String alphaField) {
    List<String> problems = new ArrayList<>();
    FieldType.RANK.check("r", rank, problems);
    FieldType.POSITIVE.check(alphaField, alpha, problems);
    rankPattern.forEach(
        (key, value) -> FieldType.RANK.check(RANKS + " \"" + key + "\"", value, problems));
    alphaPattern.forEach(
        (key, value) -> FieldType.POSITIVE.check(ALPHAS + " \"" + key + "\"", value, problems));
    return problems;
  }

  /** The rank at a site. */
  public int rankAt(Site site) {
    return new PatternMap<>(RANKS, rankPattern).get(site.name(), rank);
  }

  /** α at a site. */
  public double alphaAt(Site site) {
    return new PatternMap<>(ALPHAS, alphaPattern).get(site.name(), alpha);
  }

  /** α/r at a site. */
  public double scaleAt(Site site) {
    return alphaAt(site) / rankAt(site);
  }

  /** The keys of both patterns. */
  public List<String> patterns() {
    List<String> patterns = new ArrayList<>(rankPattern.keySet());
    patterns.addAll(alphaPattern.keySet());
    return patterns;
  }

  /**
   * Adds {@code r}, alpha and the patterns to the fields of a config.
   *
   * @param alphaField the method's name for alpha
   * @param get the config's ranks
   */
  public static <C extends PeftConfig, B extends RankBuilder<B>> ConfigFields<C, B> describe(
      ConfigFields<C, B> fields, String alphaField, Function<C, Ranks> get) {
    return fields
        .add(
            "r",
            FieldType.RANK,
            "Rank of each adapter matrix.",
            config -> get.apply(config).rank(),
            RankBuilder::rank)
        .role(FieldRole.RANK)
        .add(
            alphaField,
            FieldType.POSITIVE,
            "Scale the adapter's part by alpha/r.",
            config -> get.apply(config).alpha(),
            RankBuilder::alpha)
        .role(FieldRole.ALPHA)
        .add(
            RANKS,
            RANK_PATTERN,
            "Other ranks, by the end of a module's path.",
            config -> get.apply(config).rankPattern(),
            (builder, pattern) -> pattern.forEach(builder::rankPattern))
        .add(
            ALPHAS,
            ALPHA_PATTERN,
            "Other alphas, by the end of a module's path.",
            config -> get.apply(config).alphaPattern(),
            (builder, pattern) -> pattern.forEach(builder::alphaPattern));
  }
}
