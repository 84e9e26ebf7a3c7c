package org.peft4j.prompt.internal.prefix;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.method.Injection;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.internal.EncodedPrompt;
import org.peft4j.prompt.internal.PromptMethod;
import org.peft4j.prompt.internal.PromptTable;
import org.peft4j.prompt.internal.encoder.PerceptronEncoder;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig.Builder;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** A table before the first layer, and its share at each attention. */
public final class PrefixTuningMethod extends PromptMethod<PrefixTuningConfig> {
  private static final String ZERO = "zero";

  /** Whether a file says {@code "zero"}; like Hugging Face PEFT, reads true and false as no. */
  private static final FieldType<Boolean> ZEROS =
      FieldType.of(
              "null or \"zero\"",
              n -> n.isBoolean() ? Boolean.FALSE : n.asText().equals(ZERO) ? Boolean.TRUE : null,
              zeros -> TextNode.valueOf(ZERO))
          .listed();

  private static final ConfigFields<PrefixTuningConfig, Builder> FIELDS =
      PromptFields.describe(
              ConfigFields.of(
                  "prefix tuning", "prompt", PrefixTuningConfig::builder, Builder::build),
              PrefixTuningConfig::prompt)
          .add(
              "prefix_projection",
              FieldType.BOOL,
              "Let a perceptron compute the prefix.",
              PrefixTuningConfig::projection,
              Builder::projection)
          .addOptional(
              "encoder_hidden_size",
              PromptFields.HIDDEN_SIZE,
              "The perceptron's width; that of a row of keys by default.",
              PrefixTuningConfig::encoderHiddenSize,
              Builder::encoderHiddenSize)
          .addOptional(
              "init_weights",
              ZEROS,
              "Without a projection, start as zeros; at random by default.",
              config -> Optional.of(config.zeros()).filter(zeros -> zeros),
              Builder::zeros);

  @Override
  public String peftType() {
    return PrefixTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<PrefixTuningConfig> configType() {
    return PrefixTuningConfig.class;
  }

  @Override
  public ConfigFields<PrefixTuningConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.PROMPT, SiteKind.ATTENTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, PrefixTuningConfig config, Injection injection) {
    PrefixLayers layers = PrefixLayers.of(injection.targets(), config.prompt());
    int tokens = config.prompt().virtualTokens();
    if (site.kind() != SiteKind.ATTENTION) {
      return Optional.of(table(site, config, injection, layers));
    }
    OptionalInt layer = layers.of(site);
    return layer.isPresent()
        ? Optional.of(new KeysAndValues(site, layer.getAsInt(), tokens, injection))
        : Optional.empty();
  }

  private static Adapter table(
      Site site, PrefixTuningConfig config, Injection injection, PrefixLayers layers) {
    PromptFields prompt = config.prompt();
    long width = layers.width();
    PromptFields.require("token_dim", prompt.tokenDim(), width);
    BeforeKeys use = new BeforeKeys(prompt.virtualTokens(), !layers.decoder().isEmpty(), injection);
    long row = layers.count() * 2 * width;
    if (config.projection() && injection.encoders()) {
      int hidden = config.encoderHiddenSize().orElse((int) width);
      return new EncodedPrompt(
          site, use, PerceptronEncoder.tanh(prompt.virtualTokens(), width, hidden, row));
    }
    Initializer begin = config.zeros() ? Initializer.zeros() : Initializer.normal(1);
    return new PromptTable(site, use, row, begin);
  }
}
