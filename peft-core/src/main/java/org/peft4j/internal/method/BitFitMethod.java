package org.peft4j.internal.method;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.ModuleSelector;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;

/** Replaces the bias of each target module by a trainable copy. */
public final class BitFitMethod implements PeftMethod<BitFitConfig> {
  private static final ConfigFields<BitFitConfig, BitFitConfig.Builder> FIELDS =
      ConfigFields.of("BitFit", "bitfit", BitFitConfig::builder, BitFitConfig.Builder::build);

  @Override
  public String peftType() {
    return BitFitConfig.PEFT_TYPE;
  }

  @Override
  public Class<BitFitConfig> configType() {
    return BitFitConfig.class;
  }

  @Override
  public ConfigFields<BitFitConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return Stream.of(SiteKind.values()).filter(SiteKind::isModule).collect(Collectors.toSet());
  }

  @Override
  public Optional<Adapter> inject(Site site, BitFitConfig config, Injection injection) {
    List<SiteParameter> biases = site.parameters().stream().filter(SiteParameter::bias).toList();
    return biases.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new TrainableCopy(site, biases, "", p -> injection.frozen().parameter(site, p.name())));
  }

  @Override
  public Optional<ModuleSelector> implicitTargets(BitFitConfig config) {
    return Optional.of(new ModuleSelector.Every());
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return Optional.empty();
  }

  @Override
  public List<String> patterns(BitFitConfig config) {
    return List.of();
  }
}
