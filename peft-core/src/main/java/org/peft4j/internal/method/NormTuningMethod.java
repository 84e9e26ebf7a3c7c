package org.peft4j.internal.method;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.config.ConfigFields;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;

/** Replaces each target normalisation by a trainable copy. */
public final class NormTuningMethod implements PeftMethod<NormTuningConfig> {
  /** Hugging Face PEFT has no such fields for this method. */
  private static final ConfigFields<NormTuningConfig, NormTuningConfig.Builder> FIELDS =
      ConfigFields.of(
              "layer-norm tuning",
              "ln_tuning",
              NormTuningConfig::builder,
              NormTuningConfig.Builder::build)
          .omit("bias", "layers_to_transform", "layers_pattern");

  /** Hugging Face PEFT leaves other norms of these out. */
  private static final Map<String, List<String>> BY_TYPE =
      Map.of(
          "qwen2", List.of("post_attention_layernorm"),
          "qwen3", List.of("post_attention_layernorm"));

  @Override
  public String peftType() {
    return NormTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<NormTuningConfig> configType() {
    return NormTuningConfig.class;
  }

  @Override
  public ConfigFields<NormTuningConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("ln_tuning_layers");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.NORM);
  }

  @Override
  public Optional<Adapter> inject(Site site, NormTuningConfig config, Injection injection) {
    return Optional.of(
        new TrainableCopy(
            site,
            site.parameters(),
            "ln_tuning_layers.",
            parameter -> injection.frozen().parameter(site, parameter.name())));
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return model.type().map(BY_TYPE::get).or(() -> model.named(SiteRole.NORM));
  }

  @Override
  public List<String> patterns(NormTuningConfig config) {
    return List.of();
  }
}
