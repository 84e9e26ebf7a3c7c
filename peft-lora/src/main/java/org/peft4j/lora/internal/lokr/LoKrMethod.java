package org.peft4j.lora.internal.lokr;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.lora.internal.DefaultTargets;
import org.peft4j.lora.internal.lycoris.Dropout;
import org.peft4j.lora.internal.lycoris.LinearOnly;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.lycoris.LycorisFields;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** LoKr's injector, for linear maps and convolutions. */
public final class LoKrMethod implements PeftMethod<LoKrConfig> {
  @Override
  public String peftType() {
    return LoKrConfig.PEFT_TYPE;
  }

  @Override
  public Class<LoKrConfig> configType() {
    return LoKrConfig.class;
  }

  @Override
  public ConfigFields<LoKrConfig, ?> fields() {
    return LoKrConfig.jsonFields();
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("lokr_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  @Override
  public void saving(ModelModules model) {
    LinearOnly.tell("LoKr", model);
  }

  @Override
  public LoKrConfig resolved(LoKrConfig config, ModelModules model) {
    LinearOnly.tell("LoKr", model);
    return config;
  }

  @Override
  public Optional<Adapter> inject(Site site, LoKrConfig config, Injection injection) {
    LycorisFields fields = config.fields();
    Kronecker product =
        new Kronecker(
            Divisors.of(site.outputs(), config.decomposeFactor()),
            Divisors.of(site.inputs(), config.decomposeFactor()));
    LoKrFactors factors = new LoKrFactors(site, config, product);
    LoKrWeight whole =
        new LoKrWeight(
            site,
            product,
            factors.first(),
            factors.second(),
            fields.ranks().scaleAt(site),
            new Dropout(fields.rankDropout(), fields.moduleDropout(), config.rankDropoutScale()));
    return Optional.of(site.kind() == SiteKind.LINEAR ? new LoKrLinear(whole) : whole);
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(LoKrConfig config) {
    return config.fields().ranks().patterns();
  }
}
