package org.peft4j.prompt.ptuning;

import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.method.Injection;
import org.peft4j.prompt.BeforeInput;
import org.peft4j.prompt.EncodedPrompt;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.PromptMethod;
import org.peft4j.prompt.PromptTable;
import org.peft4j.prompt.encoder.LstmEncoder;
import org.peft4j.prompt.encoder.PerceptronEncoder;
import org.peft4j.prompt.encoder.TableEncoder;
import org.peft4j.prompt.ptuning.PTuningConfig.Builder;
import org.peft4j.site.Site;

/** An encoder whose output precedes the embeddings of the input. */
public final class PTuningMethod extends PromptMethod<PTuningConfig> {
  private static final ConfigFields<PTuningConfig, Builder> FIELDS =
      PromptFields.describe(
              ConfigFields.of("P-tuning", "prompt", PTuningConfig::builder, Builder::build),
              PTuningConfig::prompt)
          .add(
              "encoder_reparameterization_type",
              FieldType.choice(Reparameterization.class),
              "The encoder: a perceptron or an LSTM.",
              PTuningConfig::reparameterization,
              Builder::reparameterization)
          .addOptional(
              "encoder_hidden_size",
              PromptFields.HIDDEN_SIZE,
              "The encoder's width; that of an embedding by default.",
              PTuningConfig::encoderHiddenSize,
              Builder::encoderHiddenSize)
          .add(
              "encoder_num_layers",
              PTuningConfig.LAYERS,
              "Layers of an LSTM.",
              PTuningConfig::encoderLayers,
              Builder::encoderLayers)
          .add(
              "encoder_dropout",
              FieldType.DROPOUT,
              "Dropout between the layers of an LSTM.",
              PTuningConfig::encoderDropout,
              Builder::encoderDropout);

  @Override
  public String peftType() {
    return PTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<PTuningConfig> configType() {
    return PTuningConfig.class;
  }

  @Override
  public ConfigFields<PTuningConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public Optional<Adapter> inject(Site site, PTuningConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    BeforeInput use = new BeforeInput(config.prompt().virtualTokens());
    return Optional.of(
        injection.encoders()
            ? new EncodedPrompt(site, use, encoder(config, (int) site.outputs()))
            : new PromptTable(site, use, site.outputs(), Initializer.zeros()));
  }

  private static TableEncoder encoder(PTuningConfig config, int width) {
    int tokens = config.prompt().virtualTokens();
    int hidden = config.encoderHiddenSize().orElse(width);
    return switch (config.reparameterization()) {
      case MLP -> PerceptronEncoder.relu(tokens, width, hidden, width);
      case LSTM ->
          new LstmEncoder(tokens, width, hidden, config.encoderLayers(), config.encoderDropout());
    };
  }
}
