package org.peft4j.internal.method;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;
import org.peft4j.token.TokenTuningConfig;

/** Trains rows of embeddings, and the same rows of a tied head. */
public final class TokenTuningMethod implements PeftMethod<TokenTuningConfig> {
  /** Omits fields that Hugging Face PEFT lacks for this method. */
  private static final ConfigFields<TokenTuningConfig, TokenTuningConfig.Builder> FIELDS =
      ConfigFields.of(
              "trainable tokens",
              "trainable_tokens",
              TokenTuningConfig::builder,
              TokenTuningConfig.Builder::build)
          .omit("bias", "layers_to_transform", "layers_pattern", "exclude_modules")
          .omit("modules_to_save")
          .addRequired(
              "token_indices",
              FieldType.INTEGERS,
              "Ids of the tokens whose rows train.",
              TokenTuningConfig::tokenIndices,
              (builder, ids) -> builder.tokenIndices(ids.toArray(Integer[]::new)),
              List.of(0))
          .add(
              "init_weights",
              FieldType.BOOL,
              "Begin as the base model's rows; false, for tests, begins at random.",
              TokenTuningConfig::initWeights,
              TokenTuningConfig.Builder::initWeights);

  @Override
  public String peftType() {
    return TokenTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<TokenTuningConfig> configType() {
    return TokenTuningConfig.class;
  }

  @Override
  public ConfigFields<TokenTuningConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.EMBEDDING);
  }

  @Override
  public Optional<Adapter> inject(Site site, TokenTuningConfig config, Injection injection) {
    return Optional.of(
        new TokenRows(
            site,
            config.tokenIndices(),
            "",
            !config.initWeights(),
            injection.frozen().tiedTo(site),
            injection));
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return model.named(SiteRole.TOKEN_EMBEDDING);
  }

  @Override
  public List<String> patterns(TokenTuningConfig config) {
    return List.of();
  }
}
