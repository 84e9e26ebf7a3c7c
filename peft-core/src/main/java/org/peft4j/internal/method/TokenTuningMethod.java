package org.peft4j.internal.method;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;
import org.peft4j.method.Injection;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.token.TokenTuningConfig;

/** Rows of embeddings that train, and the same rows of a head that is tied to one. */
public final class TokenTuningMethod implements PeftMethod<TokenTuningConfig> {
  @Override
  public String peftType() {
    return TokenTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<TokenTuningConfig> configType() {
    return TokenTuningConfig.class;
  }

  @Override
  public TokenTuningConfig readConfig(ConfigReader json) {
    List<Integer> ids = json.integers("token_indices");
    boolean initWeights = json.bool("init_weights", true);
    return new TokenTuningConfig(
        json.common("trainable_tokens", "trainable tokens config"), ids, initWeights);
  }

  @Override
  public ObjectNode writeConfig(TokenTuningConfig config) {
    ObjectNode json =
        ConfigWriter.common(TokenTuningConfig.PEFT_TYPE, "trainable_tokens", config.common());
    // Hugging Face PEFT has no such fields for this method.
    json.remove(List.of("bias", "layers_to_transform", "layers_pattern", "exclude_modules"));
    json.remove("modules_to_save");
    config.tokenIndices().forEach(json.putArray("token_indices")::add);
    json.put("init_weights", config.initWeights());
    return json;
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
  public Optional<List<String>> defaultTargets(String modelType) {
    return Optional.of(List.of(modelType.equals("gpt2") ? "wte" : "embed_tokens"));
  }

  @Override
  public List<String> patterns(TokenTuningConfig config) {
    return List.of();
  }
}
