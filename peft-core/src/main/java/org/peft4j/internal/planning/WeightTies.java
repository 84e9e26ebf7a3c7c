package org.peft4j.internal.planning;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.peft4j.config.ModulePattern;
import org.peft4j.config.ModuleSelector;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/**
 * What {@code ensure_weight_tying} does where the table of token embeddings is other modules'
 * weight too: the table takes their place among the saved modules or the targets, and they follow
 * it. As in Hugging Face PEFT 0.21, it goes by the names {@code embed_tokens} and {@code lm_head}
 * in the config, and saved modules come first.
 *
 * @param table the table of token embeddings
 * @param others the modules that share it
 */
record WeightTies(Site table, List<Site> others) {
  private static final Set<String> NAMES = Set.of("embed_tokens", "lm_head");

  WeightTies {
    others = List.copyOf(others);
  }

  /** Those of a model; empty, with a warning, if it has none. */
  static Optional<WeightTies> of(List<Site> sites, FrozenValues frozen, Consumer<String> warnings) {
    Optional<WeightTies> ties =
        sites.stream()
            .filter(site -> site.role() == SiteRole.TOKEN_EMBEDDING)
            .map(site -> new WeightTies(site, frozen.tiedTo(site)))
            .filter(tied -> !tied.others.isEmpty())
            .findFirst();
    if (ties.isEmpty()) {
      warnings.accept(
          "ensure_weight_tying is true, but no module of this model shares the embeddings.");
    }
    return ties;
  }

  /**
   * Whether saved modules are tied: if the config names one of them, or a file has both.
   *
   * @param names those of the config
   * @param saved the modules that are saved
   */
  boolean save(List<String> names, Set<Site> saved) {
    return names.stream().anyMatch(WeightTies::named)
        || saved.contains(table) && others.stream().anyMatch(saved::contains);
  }

  /** Whether targets are tied that a config names so. */
  boolean target(Optional<ModuleSelector> selector) {
    if (selector.isEmpty()) {
      return false;
    }
    if (selector.get() instanceof ModuleSelector.Names names) {
      return names.names().stream().anyMatch(WeightTies::named);
    }
    return selector.get() instanceof ModuleSelector.Regex regex
        && NAMES.stream()
            .anyMatch(ModulePattern.compile("target_modules", regex.pattern())::matches);
  }

  private static boolean named(String module) {
    return NAMES.contains(module.substring(module.lastIndexOf('.') + 1));
  }

  /** These sites with the table instead of the others, in the order of {@code all}. */
  List<Site> resolve(Iterable<Site> some, List<Site> all) {
    Set<Site> resolved = new LinkedHashSet<>(List.of(table));
    some.forEach(resolved::add);
    others.forEach(resolved::remove);
    List<Site> ordered = new ArrayList<>(all);
    ordered.retainAll(resolved);
    return ordered;
  }
}
