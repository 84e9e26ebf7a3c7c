package org.peft4j.method;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/**
 * A model as default targets see it: its Hugging Face type, and what its modules are for.
 *
 * @param type {@code model_type} of its {@code config.json}; empty for a plain network
 * @param sites in the order of the forward pass
 */
public record ModelModules(Optional<String> type, List<Site> sites) {
  public ModelModules {
    sites = List.copyOf(sites);
  }

  /**
   * Names for {@code target_modules} that mean every module of these roles and no other: ends of
   * paths, each as short as it can be.
   *
   * @return empty if the model has no such module
   */
  public Optional<List<String>> named(SiteRole... roles) {
    Set<SiteRole> wanted = Set.of(roles);
    Set<String> names = new LinkedHashSet<>();
    sites.stream()
        .filter(site -> wanted.contains(site.role()))
        .forEach(site -> names.add(name(site.name(), wanted)));
    return names.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(names));
  }

  private String name(String path, Set<SiteRole> wanted) {
    List<String> segments = List.of(path.split("\\."));
    return IntStream.rangeClosed(1, segments.size())
        .mapToObj(n -> String.join(".", segments.subList(segments.size() - n, segments.size())))
        .filter(end -> sites.stream().noneMatch(s -> !wanted.contains(s.role()) && ends(s, end)))
        .findFirst()
        .orElse(path);
  }

  private static boolean ends(Site site, String end) {
    return site.kind().isModule() && (site.name().equals(end) || site.name().endsWith("." + end));
  }
}
