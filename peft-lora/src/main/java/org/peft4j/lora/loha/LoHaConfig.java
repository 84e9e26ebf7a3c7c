package org.peft4j.lora.loha;

import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.lycoris.LycorisBuilder;
import org.peft4j.lora.lycoris.LycorisFields;

/**
 * The config of LoHa, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method
 * @param fields r, α and dropout
 * @param init whether ΔW starts at zero; false, for tests, starts from random values
 */
public record LoHaConfig(CommonConfig common, LycorisFields fields, boolean init)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "LOHA";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public LoHaConfig {
    var problems = new java.util.ArrayList<>(common.problems());
    problems.addAll(fields.problems());
    CommonConfig.require("LoHa config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder().common(common).fields(fields).init(init);
  }

  /** A builder with the defaults: r 8, alpha 8, no dropout. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link LoHaConfig}. */
  public static final class Builder extends LycorisBuilder<Builder> {
    private boolean init = true;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** Whether ΔW starts at zero. */
    public Builder init(boolean value) {
      init = value;
      return this;
    }

    @Override
    public LoHaConfig build() {
      return new LoHaConfig(common(), fields(), init);
    }
  }
}
