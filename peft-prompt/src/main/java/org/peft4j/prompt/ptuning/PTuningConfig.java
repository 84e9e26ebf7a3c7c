package org.peft4j.prompt.ptuning;

import java.util.List;
import java.util.Optional;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;
import org.peft4j.prompt.EncoderBuilder;
import org.peft4j.prompt.PromptFields;

/**
 * The config of P-tuning, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method; a prompt has no targets
 * @param prompt the fields of every prompt
 * @param reparameterization the encoder
 * @param encoderHiddenSize its width; by default that of an embedding
 * @param encoderLayers the layers of an LSTM
 * @param encoderDropout the dropout between them, in [0, 1)
 */
public record PTuningConfig(
    CommonConfig common,
    PromptFields prompt,
    Reparameterization reparameterization,
    Optional<Integer> encoderHiddenSize,
    int encoderLayers,
    double encoderDropout)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "P_TUNING";

  static final FieldType<Integer> LAYERS = FieldType.integer(1, 64);

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public PTuningConfig {
    List<String> problems = prompt.problems(common, encoderHiddenSize);
    LAYERS.check("encoder_num_layers", encoderLayers, problems);
    FieldType.DROPOUT.check("encoder_dropout", encoderDropout, problems);
    CommonConfig.require("P-tuning config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    Builder builder =
        builder()
            .common(common)
            .prompt(prompt)
            .reparameterization(reparameterization)
            .encoderLayers(encoderLayers)
            .encoderDropout(encoderDropout);
    encoderHiddenSize.ifPresent(builder::encoderHiddenSize);
    return builder;
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<PTuningConfig, Builder> jsonFields() {
    return PTuningFields.ALL;
  }

  /** A builder; the number of virtual tokens must be set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link PTuningConfig}. */
  public static final class Builder extends EncoderBuilder<Builder> {
    private Reparameterization reparameterization = Reparameterization.MLP;
    private int encoderLayers = 2;
    private double encoderDropout;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** The encoder; a perceptron by default. */
    public Builder reparameterization(Reparameterization value) {
      reparameterization = value;
      return this;
    }

    /** The number of an LSTM's layers; 2 by default. */
    public Builder encoderLayers(int value) {
      encoderLayers = value;
      return this;
    }

    /** The dropout between the layers of an LSTM; 0 by default. */
    public Builder encoderDropout(double value) {
      encoderDropout = value;
      return this;
    }

    @Override
    public PTuningConfig build() {
      return new PTuningConfig(
          common(),
          prompt(),
          reparameterization,
          encoderHiddenSize(),
          encoderLayers,
          encoderDropout);
    }
  }
}
