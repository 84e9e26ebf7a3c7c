package org.peft4j.internal.planning;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/**
 * What modules are called in a model that other models, and tutorials, call by their usual names:
 * {@code q_proj} is {@code query} in BERT and BLIP.
 */
final class UsualNames {
  private static final Map<String, SiteRole> ROLES =
      Map.of(
          "q_proj", SiteRole.QUERY,
          "query", SiteRole.QUERY,
          "k_proj", SiteRole.KEY,
          "key", SiteRole.KEY,
          "v_proj", SiteRole.VALUE,
          "value", SiteRole.VALUE,
          "o_proj", SiteRole.ATTENTION_OUTPUT,
          "out_proj", SiteRole.ATTENTION_OUTPUT);

  private UsualNames() {}

  /**
   * A sentence about names that match nothing, where modules of their roles have others here; with
   * a pattern for those of one part, if the model has several parts. Empty if there is nothing to
   * say.
   */
  static Optional<String> sentence(List<String> names, List<Site> sites) {
    Map<String, String> here = new LinkedHashMap<>();
    for (String name : names) {
      SiteRole role = ROLES.get(name.substring(name.lastIndexOf('.') + 1));
      if (role != null) {
        Set<String> ends =
            sites.stream()
                .filter(site -> site.role() == role)
                .map(site -> end(site.name()))
                .collect(Collectors.toCollection(TreeSet::new));
        if (ends.size() == 1) {
          here.put(name, ends.iterator().next());
        }
      }
    }
    if (here.isEmpty()) {
      return Optional.empty();
    }
    String pairs =
        here.entrySet().stream()
            .map(each -> "\"" + each.getValue() + "\" for \"" + each.getKey() + "\"")
            .collect(Collectors.joining(", "));
    return Optional.of("Here it is " + pairs + pattern(Set.copyOf(here.values()), sites) + ".");
  }

  private static String pattern(Set<String> ends, List<Site> sites) {
    Set<String> parts = sites.stream().map(site -> part(site.name())).collect(Collectors.toSet());
    Set<String> with =
        sites.stream()
            .filter(site -> ends.contains(end(site.name())))
            .map(site -> part(site.name()))
            .collect(Collectors.toSet());
    if (with.size() != 1 || parts.size() == 1) {
      return "";
    }
    return "; as a pattern for "
        + with.iterator().next()
        + " alone: \""
        + with.iterator().next()
        + "\\..*\\.("
        + String.join("|", new TreeSet<>(ends))
        + ")\"";
  }

  private static String end(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  private static String part(String path) {
    int dot = path.indexOf('.');
    return dot < 0 ? path : path.substring(0, dot);
  }
}
