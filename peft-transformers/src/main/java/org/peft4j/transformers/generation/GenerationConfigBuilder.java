package org.peft4j.transformers.generation;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Builds a {@link GenerationConfig}; {@link #build} checks the ranges. */
public final class GenerationConfigBuilder {
  private int maxNewTokens = 20;
  private OptionalInt maxLength = OptionalInt.empty();
  private boolean doSample;
  private double temperature = 1;
  private int topK = 50;
  private double topP = 1;
  private double repetitionPenalty = 1;
  private Optional<List<Integer>> eosTokenIds = Optional.empty();
  private OptionalInt padTokenId = OptionalInt.empty();
  private long seed;

  GenerationConfigBuilder() {}

  /** At least 1; default 20. Replaces {@link #maxLength}. */
  public GenerationConfigBuilder maxNewTokens(int value) {
    maxNewTokens = value;
    maxLength = OptionalInt.empty();
    return this;
  }

  /**
   * The most tokens with the longest prompt, at least 1; by default {@code maxNewTokens} counts.
   */
  public GenerationConfigBuilder maxLength(int value) {
    maxLength = OptionalInt.of(value);
    return this;
  }

  /** Default false: always the likeliest token. */
  public GenerationConfigBuilder doSample(boolean value) {
    doSample = value;
    return this;
  }

  boolean samples() {
    return doSample;
  }

  /** Above 0; default 1. */
  public GenerationConfigBuilder temperature(double value) {
    temperature = value;
    return this;
  }

  /** 0 for all, or more; default 50. */
  public GenerationConfigBuilder topK(int value) {
    topK = value;
    return this;
  }

  /** Above 0, at most 1; default 1. */
  public GenerationConfigBuilder topP(double value) {
    topP = value;
    return this;
  }

  /** Above 0; default 1, which changes nothing. */
  public GenerationConfigBuilder repetitionPenalty(double value) {
    repetitionPenalty = value;
    return this;
  }

  /** The ids that end a row; an empty list for none. Default: the model's own. */
  public GenerationConfigBuilder eosTokenIds(List<Integer> value) {
    eosTokenIds = Optional.of(List.copyOf(value));
    return this;
  }

  /** Default: the model's own, or else its first end-of-text token. */
  public GenerationConfigBuilder padTokenId(int value) {
    padTokenId = OptionalInt.of(value);
    return this;
  }

  /** Default 0. */
  public GenerationConfigBuilder seed(long value) {
    seed = value;
    return this;
  }

  /**
   * Builds the config.
   *
   * @throws org.peft4j.error.PeftException listing all values out of range
   */
  public GenerationConfig build() {
    return new GenerationConfig(
        maxNewTokens,
        maxLength,
        doSample,
        temperature,
        topK,
        topP,
        repetitionPenalty,
        eosTokenIds,
        padTokenId,
        seed);
  }
}
