package org.peft4j.lora.vera;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.lora.DefaultTargets;
import org.peft4j.lora.vera.VeraConfig.Builder;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** VeRA's injector, for linear maps. */
public final class VeraMethod implements PeftMethod<VeraConfig> {
  private static final ConfigFields<VeraConfig, Builder> FIELDS =
      ConfigFields.of("VeRA", "vera", VeraConfig::builder, Builder::build)
          .add(
              "r",
              FieldType.RANK,
              "Rows of A and columns of B, which do not train.",
              VeraConfig::rank,
              Builder::rank)
          .role(FieldRole.RANK)
          .add(
              "projection_prng_key",
              VeraConfig.KEY,
              "Seed of A and B.",
              VeraConfig::projectionKey,
              Builder::projectionKey)
          .add(
              "save_projection",
              FieldType.BOOL,
              "Write A and B to the adapter file, though they follow from the seed.",
              VeraConfig::saveProjection,
              Builder::saveProjection)
          .add(
              "vera_dropout",
              FieldType.DROPOUT,
              "Probability that an input of A is dropped in training.",
              VeraConfig::dropout,
              Builder::dropout)
          .role(FieldRole.DROPOUT)
          .add(
              "d_initial",
              VeraConfig.D_INITIAL,
              "First value of the vector between A and B.",
              VeraConfig::dInitial,
              Builder::dInitial)
          .add(
              "fan_in_fan_out",
              FieldType.BOOL,
              "Kept for Python, which needs it for GPT-2.",
              VeraConfig::fanInFanOut,
              Builder::fanInFanOut)
          .add(
              "init_weights",
              FieldType.BOOL,
              "Begin as no change; false, for tests, begins at random.",
              VeraConfig::init,
              Builder::init);

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
    return FIELDS;
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
