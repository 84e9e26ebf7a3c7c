package org.peft4j.bottleneck.internal;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.ModuleSelector;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Injects bottleneck adapters at the places after sub-layers and layers. */
public final class BottleneckMethod implements PeftMethod<BottleneckConfig> {
  @Override
  public String peftType() {
    return BottleneckConfig.PEFT_TYPE;
  }

  @Override
  public Class<BottleneckConfig> configType() {
    return BottleneckConfig.class;
  }

  @Override
  public ConfigFields<BottleneckConfig, ?> fields() {
    return BottleneckConfig.jsonFields();
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("adapter_", "scaling", "phm_rule");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.SUBLAYER);
  }

  @Override
  public Optional<ModuleSelector> implicitTargets(BottleneckConfig config) {
    return Optional.of(new ModuleSelector.Every());
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return Optional.empty();
  }

  @Override
  public List<String> patterns(BottleneckConfig config) {
    return List.of();
  }

  @Override
  public Optional<Adapter> inject(Site site, BottleneckConfig config, Injection injection) {
    if (site.equals(injection.targets().get(0))) {
      Places.check(injection.targets(), config);
    }
    List<Site> places = Places.of(injection.targets(), config);
    return places.contains(site)
        ? Optional.of(new Assembly(site, config, injection, places.get(0)).adapter())
        : Optional.empty();
  }
}
