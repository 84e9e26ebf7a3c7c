package org.peft4j.prompt.prefix;

import java.util.List;
import java.util.Optional;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.prompt.EncoderBuilder;
import org.peft4j.prompt.PromptFields;

/**
 * The config of prefix tuning, with Hugging Face PEFT's fields and defaults. Without the projection
 * it is P-tuning v2: deep prompts on every layer.
 *
 * @param common the fields of every method; a prefix has no targets
 * @param prompt the fields of every prompt
 * @param projection whether a perceptron computes the prefix from trained embeddings
 * @param encoderHiddenSize the perceptron's width; by default that of a row of keys
 * @param zeros whether a prefix without projection starts as zeros ({@code init_weights: "zero"})
 *     instead of N(0, 1)
 */
public record PrefixTuningConfig(
    CommonConfig common,
    PromptFields prompt,
    boolean projection,
    Optional<Integer> encoderHiddenSize,
    boolean zeros)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "PREFIX_TUNING";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public PrefixTuningConfig {
    List<String> problems = prompt.problems(common, encoderHiddenSize);
    CommonConfig.require("prefix tuning config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    Builder builder = builder().common(common).prompt(prompt).projection(projection).zeros(zeros);
    encoderHiddenSize.ifPresent(builder::encoderHiddenSize);
    return builder;
  }

  /** A builder; the number of virtual tokens must be set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link PrefixTuningConfig}. */
  public static final class Builder extends EncoderBuilder<Builder> {
    private boolean projection;
    private boolean zeros;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** Whether a perceptron computes the prefix; false by default. */
    public Builder projection(boolean value) {
      projection = value;
      return this;
    }

    /** Whether a prefix without projection starts as zeros; false by default. */
    public Builder zeros(boolean value) {
      zeros = value;
      return this;
    }

    @Override
    public PrefixTuningConfig build() {
      return new PrefixTuningConfig(common(), prompt(), projection, encoderHiddenSize(), zeros);
    }
  }
}
