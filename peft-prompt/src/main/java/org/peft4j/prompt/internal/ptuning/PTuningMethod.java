package org.peft4j.prompt.internal.ptuning;

import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigFields;
import org.peft4j.method.Injection;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.internal.BeforeInput;
import org.peft4j.prompt.internal.EncodedPrompt;
import org.peft4j.prompt.internal.PromptMethod;
import org.peft4j.prompt.internal.PromptTable;
import org.peft4j.prompt.internal.encoder.LstmEncoder;
import org.peft4j.prompt.internal.encoder.PerceptronEncoder;
import org.peft4j.prompt.internal.encoder.TableEncoder;
import org.peft4j.prompt.ptuning.PTuningConfig;
import org.peft4j.site.Site;

/** An encoder whose output precedes the embeddings of the input. */
public final class PTuningMethod extends PromptMethod<PTuningConfig> {
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
    return PTuningConfig.jsonFields();
  }

  @Override
  public Optional<Adapter> inject(Site site, PTuningConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    int rows = config.prompt().rows(config.common());
    BeforeInput use = new BeforeInput(config.prompt().virtualTokens(), rows);
    return Optional.of(
        injection.encoders()
            ? new EncodedPrompt(site, use, encoder(config, rows, (int) site.outputs()))
            : new PromptTable(site, use, site.outputs(), Initializer.zeros()));
  }

  private static TableEncoder encoder(PTuningConfig config, int tokens, int width) {
    int hidden = config.encoderHiddenSize().orElse(width);
    return switch (config.reparameterization()) {
      case MLP -> PerceptronEncoder.relu(tokens, width, hidden, width);
      case LSTM ->
          new LstmEncoder(tokens, width, hidden, config.encoderLayers(), config.encoderDropout());
    };
  }
}
