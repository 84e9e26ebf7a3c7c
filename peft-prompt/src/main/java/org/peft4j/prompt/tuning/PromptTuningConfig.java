package org.peft4j.prompt.tuning;

import java.util.function.Function;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.prompt.PromptFields;

/**
 * The config of prompt tuning, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method; a prompt has no targets
 * @param prompt the fields of every prompt
 * @param start the first values of the prompt
 */
public record PromptTuningConfig(CommonConfig common, PromptFields prompt, PromptStart start)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "PROMPT_TUNING";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public PromptTuningConfig {
    CommonConfig.require("prompt tuning config", prompt.problems(common));
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public PromptTuningConfig encoded(Function<String, int[]> encoder) {
    return toBuilder().start(start.encoded(encoder)).build();
  }

  @Override
  public Builder toBuilder() {
    return builder().common(common).prompt(prompt).start(start);
  }

  /** A builder; the number of virtual tokens must be set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link PromptTuningConfig}. */
  public static final class Builder extends StartBuilder<Builder> {
    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    public PromptTuningConfig build() {
      return new PromptTuningConfig(common(), prompt(), start());
    }
  }
}
