package org.peft4j.bitfit;

import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;

/**
 * The config of bias-only training. Hugging Face PEFT has no such method; its files have the same
 * form here, with the biases under their own keys.
 *
 * @param common the fields of every method; without targets, every bias trains
 */
public record BitFitConfig(CommonConfig common) implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "BITFIT";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public BitFitConfig {
    CommonConfig.require("BitFit config", common.problems());
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder().common(common);
  }

  /** A builder with the defaults: every bias of the model. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link BitFitConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    public BitFitConfig build() {
      return new BitFitConfig(common());
    }
  }
}
