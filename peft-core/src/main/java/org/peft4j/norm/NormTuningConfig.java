package org.peft4j.norm;

import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;

/**
 * The config of layer-norm tuning, with Hugging Face PEFT's fields.
 *
 * @param common the fields of every method; its targets are normalisations
 */
public record NormTuningConfig(CommonConfig common) implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "LN_TUNING";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public NormTuningConfig {
    CommonConfig.require("layer-norm tuning config", common.problems());
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder().common(common);
  }

  /** A builder with the defaults: the normalisations of the model type. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link NormTuningConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    public NormTuningConfig build() {
      return new NormTuningConfig(common());
    }
  }
}
