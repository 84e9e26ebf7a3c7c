package org.peft4j.internal.planning;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.ModuleSelector;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;

/**
 * A method of linear maps, with a number at each. Every answer that planning asks a method for can
 * be set.
 */
final class ModuleTestMethod implements PeftMethod<BitFitConfig> {
  /** A number at a site. */
  record Number(Site site) implements Adapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(ParameterSpec.of("number", Initializer.zeros(), 1));
    }
  }

  final List<Injection> injections = new ArrayList<>();
  Optional<ModuleSelector> implicit = Optional.empty();
  Map<String, List<Integer>> tokenRows = Map.of();
  List<String> patterns = List.of();
  String savedModulesRoot = KEY_ROOT;
  String leftOut = "";

  private static final String KEY_ROOT = Adapter.KEY_ROOT;

  @Override
  public String peftType() {
    return "TEST";
  }

  @Override
  public Class<BitFitConfig> configType() {
    return BitFitConfig.class;
  }

  @Override
  public ConfigFields<BitFitConfig, ?> fields() {
    throw new UnsupportedOperationException("Planning reads no file.");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR);
  }

  @Override
  public Optional<Adapter> inject(Site site, BitFitConfig config, Injection injection) {
    injections.add(injection);
    return site.name().equals(leftOut) ? Optional.empty() : Optional.of(new Number(site));
  }

  @Override
  public String savedModulesRoot() {
    return savedModulesRoot;
  }

  @Override
  public Optional<ModuleSelector> implicitTargets(BitFitConfig config) {
    return implicit;
  }

  @Override
  public Map<String, List<Integer>> tokenRows(BitFitConfig config) {
    return tokenRows;
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return model.named(SiteRole.QUERY);
  }

  @Override
  public List<String> patterns(BitFitConfig config) {
    return patterns;
  }
}
