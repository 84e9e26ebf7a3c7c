package org.peft4j.lora.internal.mora;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.PatternMap;
import org.peft4j.lora.internal.DefaultTargets;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** MoRA's injector, for linear maps and convolutions. */
public final class MoraMethod implements PeftMethod<MoraConfig> {
  @Override
  public String peftType() {
    return MoraConfig.PEFT_TYPE;
  }

  @Override
  public Class<MoraConfig> configType() {
    return MoraConfig.class;
  }

  @Override
  public ConfigFields<MoraConfig, ?> fields() {
    return MoraConfig.jsonFields();
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("mora_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, MoraConfig config, Injection injection) {
    long columns = site.kernel().stream().reduce(site.inputs(), Math::multiplyExact);
    int rank =
        new PatternMap<>("rank_pattern", config.rankPattern()).get(site.name(), config.rank());
    MoraMap map = MoraMap.of(columns, site.outputs(), rank, config.type());
    MoraWeight whole = new MoraWeight(site, map, config.dropout());
    return Optional.of(site.kind() == SiteKind.LINEAR ? new MoraLinear(whole) : whole);
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(MoraConfig config) {
    return List.copyOf(config.rankPattern().keySet());
  }
}
