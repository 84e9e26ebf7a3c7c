package org.peft4j.prompt.prefix;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.method.Injection;
import org.peft4j.prompt.EncodedPrompt;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.PromptMethod;
import org.peft4j.prompt.PromptTable;
import org.peft4j.prompt.encoder.PerceptronEncoder;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** A table before the first layer, and its share at each attention. */
public final class PrefixTuningMethod extends PromptMethod<PrefixTuningConfig> {
  @Override
  public String peftType() {
    return PrefixTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<PrefixTuningConfig> configType() {
    return PrefixTuningConfig.class;
  }

  @Override
  public PrefixTuningConfig readConfig(ConfigReader json) {
    PromptFields prompt = PromptFields.read(json);
    boolean projection = json.bool("prefix_projection", false);
    Optional<Integer> hidden = PromptFields.number(json, "encoder_hidden_size");
    Optional<JsonNode> init = json.any("init_weights");
    boolean zeros = init.map(value -> value.asText().equals("zero")).orElse(false);
    init.filter(value -> !value.isBoolean() && !value.asText().equals("zero"))
        .ifPresent(
            value -> json.problem("init_weights is " + value + "; allowed: null or \"zero\"."));
    return new PrefixTuningConfig(
        json.common("prompt", "prefix tuning config"), prompt, projection, hidden, zeros);
  }

  @Override
  public ObjectNode writeConfig(PrefixTuningConfig config) {
    ObjectNode json = config.prompt().write(PrefixTuningConfig.PEFT_TYPE, config.common());
    json.put("prefix_projection", config.projection());
    json.put("encoder_hidden_size", config.encoderHiddenSize().orElse(null));
    json.put("init_weights", config.zeros() ? "zero" : null);
    return json;
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.PROMPT, SiteKind.ATTENTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, PrefixTuningConfig config, Injection injection) {
    List<Site> attentions =
        injection.targets().stream().filter(s -> s.kind() == SiteKind.ATTENTION).toList();
    int tokens = config.prompt().virtualTokens();
    if (site.kind() == SiteKind.ATTENTION) {
      return Optional.of(new KeysAndValues(site, attentions.indexOf(site), tokens, injection));
    }
    return Optional.of(table(site, config, injection, attentions));
  }

  private static Adapter table(
      Site site, PrefixTuningConfig config, Injection injection, List<Site> attentions) {
    if (attentions.isEmpty()) {
      throw new PeftException(
          "This model has no attention that takes a prefix; prefix tuning is for transformers.");
    }
    Site first = attentions.get(0);
    PromptFields prompt = config.prompt();
    PromptFields.require("num_layers", prompt.layers(), attentions.size());
    long width = first.inputs() * first.outputs();
    PromptFields.require("token_dim", prompt.tokenDim(), width);
    BeforeKeys use = new BeforeKeys(prompt.virtualTokens(), injection);
    long row = attentions.size() * 2 * width;
    if (config.projection() && injection.encoders()) {
      int hidden = config.encoderHiddenSize().orElse((int) width);
      return new EncodedPrompt(
          site, use, PerceptronEncoder.tanh(prompt.virtualTokens(), width, hidden, row));
    }
    Initializer begin = config.zeros() ? Initializer.zeros() : Initializer.normal(1);
    return new PromptTable(site, use, row, begin);
  }
}
