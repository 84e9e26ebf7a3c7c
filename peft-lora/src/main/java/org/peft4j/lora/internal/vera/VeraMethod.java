package org.peft4j.lora.internal.vera;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.lora.internal.DefaultTargets;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** VeRA's injector, for linear maps. */
public final class VeraMethod implements PeftMethod<VeraConfig> {
  @Override
  public String peftType() {
    return VeraConfig.PEFT_TYPE;
  }

  @Override
  public Class<VeraConfig> configType() {
    return VeraConfig.class;
  }

  @Override
  public ConfigFields<VeraConfig, ?> fields() {
    return VeraConfig.jsonFields();
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("vera_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR);
  }

  @Override
  public Optional<Adapter> inject(Site site, VeraConfig config, Injection injection) {
    Projections projections =
        injection.shared(Projections.class, () -> projections(config, injection.targets()));
    return Optional.of(new VeraLinear(site, config, projections));
  }

  /** Large enough for the widest target in each direction. */
  private static Projections projections(VeraConfig config, List<Site> targets) {
    return new Projections(
        config.projectionKey(),
        config.rank(),
        targets.stream().mapToLong(Site::inputs).max().orElseThrow(),
        targets.stream().mapToLong(Site::outputs).max().orElseThrow());
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return model.type().filter("phi"::equals).isPresent()
        ? Optional.of(List.of("q_proj", "v_proj"))
        : DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(VeraConfig config) {
    return List.of();
  }
}
