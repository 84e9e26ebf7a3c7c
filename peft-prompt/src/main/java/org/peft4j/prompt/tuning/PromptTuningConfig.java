package org.peft4j.prompt.tuning;

import java.util.List;
import java.util.Optional;
import org.peft4j.PeftConfig;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.prompt.PromptFields;

/**
 * The config of prompt tuning, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields that every method has; a prompt has no targets
 * @param prompt the fields that every prompt has
 * @param init what the prompt begins as
 * @param initText the text that it begins as: kept, and encoded by nobody here
 * @param tokenizer the name of that text's tokenizer: kept, never followed
 * @param initTokens the ids of that text's tokens; not in a file
 */
public record PromptTuningConfig(
    CommonConfig common,
    PromptFields prompt,
    PromptInit init,
    Optional<String> initText,
    Optional<String> tokenizer,
    List<Integer> initTokens)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "PROMPT_TUNING";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.PeftException with all that is wrong
   */
  public PromptTuningConfig {
    initTokens = List.copyOf(initTokens);
    CommonConfig.require("prompt tuning config", prompt.problems(common));
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  /** A builder; the number of virtual tokens must be set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link PromptTuningConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private int virtualTokens;
    private PromptInit init = PromptInit.RANDOM;
    private List<Integer> initTokens = List.of();

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** How many embeddings stand before those of a sequence; at least 1. */
    public Builder virtualTokens(int value) {
      virtualTokens = value;
      return this;
    }

    /** What the prompt begins as; random unless set. */
    public Builder init(PromptInit value) {
      init = value;
      return this;
    }

    /** The prompt begins as the embeddings of these tokens, cut or repeated to its length. */
    public Builder initFromTokens(List<Integer> ids) {
      init = PromptInit.TEXT;
      initTokens = ids;
      return this;
    }

    /**
     * The config.
     *
     * @throws org.peft4j.PeftException with all that is wrong
     */
    public PromptTuningConfig build() {
      return new PromptTuningConfig(
          common(),
          PromptFields.of(virtualTokens),
          init,
          Optional.empty(),
          Optional.empty(),
          initTokens);
    }
  }
}
