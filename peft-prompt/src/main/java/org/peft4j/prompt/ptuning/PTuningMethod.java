package org.peft4j.prompt.ptuning;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigReader;
import org.peft4j.method.Injection;
import org.peft4j.prompt.BeforeInput;
import org.peft4j.prompt.EncodedPrompt;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.PromptMethod;
import org.peft4j.prompt.PromptTable;
import org.peft4j.prompt.encoder.LstmEncoder;
import org.peft4j.prompt.encoder.PerceptronEncoder;
import org.peft4j.prompt.encoder.TableEncoder;
import org.peft4j.site.Site;

/** An encoder whose output stands before the embeddings of the input. */
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
  public PTuningConfig readConfig(ConfigReader json) {
    PromptFields prompt = PromptFields.read(json);
    Reparameterization encoder =
        json.choice(
            "encoder_reparameterization_type", Reparameterization.class, Reparameterization.MLP);
    Optional<Integer> hidden = PromptFields.number(json, "encoder_hidden_size");
    int layers = json.integer("encoder_num_layers", 2);
    double dropout = json.number("encoder_dropout", 0);
    return new PTuningConfig(
        json.common("prompt", "P-tuning config"), prompt, encoder, hidden, layers, dropout);
  }

  @Override
  public ObjectNode writeConfig(PTuningConfig config) {
    ObjectNode json = config.prompt().write(PTuningConfig.PEFT_TYPE, config.common());
    json.put("encoder_reparameterization_type", config.reparameterization().name());
    json.put("encoder_hidden_size", config.encoderHiddenSize().orElse(null));
    json.put("encoder_num_layers", config.encoderLayers());
    json.put("encoder_dropout", config.encoderDropout());
    return json;
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
