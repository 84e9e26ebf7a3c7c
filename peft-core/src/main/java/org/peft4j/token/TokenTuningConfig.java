package org.peft4j.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;

/**
 * The config of trainable tokens, with Hugging Face PEFT's fields.
 *
 * @param common the fields of every method; its targets are embeddings, by default the token
 *     embedding
 * @param tokenIndices the ids whose rows train
 * @param initWeights whether the rows start as copies of the base model's; otherwise they are drawn
 *     from N(0, 1), for tests
 */
public record TokenTuningConfig(
    CommonConfig common, List<Integer> tokenIndices, boolean initWeights) implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "TRAINABLE_TOKENS";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public TokenTuningConfig {
    tokenIndices = List.copyOf(tokenIndices);
    List<String> problems = new ArrayList<>(common.problems());
    problems.addAll(problems("token_indices", tokenIndices));
    CommonConfig.require("trainable tokens config", problems);
  }

  /** The problems of a list of token ids. */
  public static List<String> problems(String field, List<Integer> ids) {
    List<String> problems = new ArrayList<>();
    if (ids.isEmpty()) {
      problems.add(field + " is empty; allowed: one token id or more.");
    }
    if (ids.stream().anyMatch(id -> id < 0)) {
      problems.add(field + " is " + ids + "; allowed: ids from 0.");
    }
    if (ids.stream().distinct().count() < ids.size()) {
      problems.add(field + " is " + ids + "; allowed: each id once.");
    }
    return problems;
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder()
        .common(common)
        .tokenIndices(tokenIndices.toArray(Integer[]::new))
        .initWeights(initWeights);
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link TokenTuningConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private List<Integer> tokenIndices = List.of();
    private boolean initWeights = true;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** The ids whose rows train; at least one. */
    public Builder tokenIndices(Integer... ids) {
      tokenIndices = Arrays.asList(ids);
      return this;
    }

    /** Whether the rows start as copies of the base model's; true by default. */
    public Builder initWeights(boolean value) {
      initWeights = value;
      return this;
    }

    @Override
    public TokenTuningConfig build() {
      return new TokenTuningConfig(common(), tokenIndices, initWeights);
    }
  }
}
