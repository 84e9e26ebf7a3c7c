package org.peft4j.internal.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.weight.FrozenWeight;

/**
 * The values of a model that is only planned: none.
 *
 * @param tied the names of sites that share the first embedding's table
 */
record NoValues(List<Site> sites, Set<String> tied) implements FrozenValues {
  @Override
  public boolean known() {
    return false;
  }

  @Override
  public FrozenWeight parameter(Site site, String name) {
    throw new IllegalStateException(
        "A plan has no values; asked for " + site.name() + "." + name + ".");
  }

  @Override
  public List<Site> tiedTo(Site site) {
    Optional<Site> embedding =
        sites.stream().filter(s -> s.kind() == SiteKind.EMBEDDING).findFirst();
    if (embedding.filter(site::equals).isPresent()) {
      return sites.stream().filter(s -> tied.contains(s.name())).toList();
    }
    return tied.contains(site.name()) ? embedding.stream().toList() : List.of();
  }
}
