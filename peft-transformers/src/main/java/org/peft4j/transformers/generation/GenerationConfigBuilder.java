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
  private double minP;
  private double typicalP = 1;
  private double repetitionPenalty = 1;
  private int minLength;
  private int minNewTokens;
  private int noRepeatNgramSize;
  private int encoderNoRepeatNgramSize;
  private double encoderRepetitionPenalty = 1;
  private List<List<Integer>> badWordsIds = List.of();
  private List<Integer> suppressTokens = List.of();
  private List<Integer> beginSuppressTokens = List.of();
  private OptionalInt forcedBosTokenId = OptionalInt.empty();
  private List<Integer> forcedEosTokenIds = List.of();
  private List<String> stopStrings = List.of();
  private int numBeams = 1;
  private double lengthPenalty = 1;
  private EarlyStopping earlyStopping = EarlyStopping.NO;
  private int numReturnSequences = 1;
  private Optional<List<Integer>> eosTokenIds = Optional.empty();
  private OptionalInt padTokenId = OptionalInt.empty();
  private OptionalInt decoderStartTokenId = OptionalInt.empty();
  private int promptLookupTokens;
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

  /** 0 to 1; default 0, which changes nothing. */
  public GenerationConfigBuilder minP(double value) {
    minP = value;
    return this;
  }

  /** Above 0, at most 1; default 1, which changes nothing. */
  public GenerationConfigBuilder typicalP(double value) {
    typicalP = value;
    return this;
  }

  /** The fewest tokens with the prompt; default 0. */
  public GenerationConfigBuilder minLength(int value) {
    minLength = value;
    return this;
  }

  /** The fewest new tokens; default 0. */
  public GenerationConfigBuilder minNewTokens(int value) {
    minNewTokens = value;
    return this;
  }

  /** No run of so many tokens comes twice; default 0, any may. */
  public GenerationConfigBuilder noRepeatNgramSize(int value) {
    noRepeatNgramSize = value;
    return this;
  }

  /** No run of so many tokens of the prompt, or the encoder's text, comes; default 0, any may. */
  public GenerationConfigBuilder encoderNoRepeatNgramSize(int value) {
    encoderNoRepeatNgramSize = value;
    return this;
  }

  /**
   * Above 1, tokens of the prompt, or of the encoder's text, are likelier; above 0, default 1,
   * which changes nothing.
   */
  public GenerationConfigBuilder encoderRepetitionPenalty(double value) {
    encoderRepetitionPenalty = value;
    return this;
  }

  /** Words, each a list of token ids, that never come; default none. */
  public GenerationConfigBuilder badWordsIds(List<List<Integer>> value) {
    badWordsIds = List.copyOf(value);
    return this;
  }

  /** Tokens that never come; default none. */
  public GenerationConfigBuilder suppressTokens(List<Integer> value) {
    suppressTokens = List.copyOf(value);
    return this;
  }

  /** Tokens that never come first; default none. */
  public GenerationConfigBuilder beginSuppressTokens(List<Integer> value) {
    beginSuppressTokens = List.copyOf(value);
    return this;
  }

  /** The first new token of a decoder that begins with a single token; default none. */
  public GenerationConfigBuilder forcedBosTokenId(int value) {
    forcedBosTokenId = OptionalInt.of(value);
    return this;
  }

  /** One of them is last in a row that reaches the most tokens; default none. */
  public GenerationConfigBuilder forcedEosTokenIds(List<Integer> value) {
    forcedEosTokenIds = List.copyOf(value);
    return this;
  }

  /** Texts that end a row; default none. */
  public GenerationConfigBuilder stopStrings(List<String> value) {
    stopStrings = List.copyOf(value);
    return this;
  }

  /** Beam search with so many beams; default 1, none. */
  public GenerationConfigBuilder numBeams(int value) {
    numBeams = value;
    return this;
  }

  /** The power of the length that divides a beam's score; default 1. */
  public GenerationConfigBuilder lengthPenalty(double value) {
    lengthPenalty = value;
    return this;
  }

  /** When beam search ends; default {@link EarlyStopping#NO}. */
  public GenerationConfigBuilder earlyStopping(EarlyStopping value) {
    earlyStopping = value;
    return this;
  }

  /** The texts to return for each prompt; default 1. */
  public GenerationConfigBuilder numReturnSequences(int value) {
    numReturnSequences = value;
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

  /** What a decoder that reads an encoder begins with; default: the model's own. */
  public GenerationConfigBuilder decoderStartTokenId(int value) {
    decoderStartTokenId = OptionalInt.of(value);
    return this;
  }

  /** How many tokens to guess at each step, of one row without beams; default 0. */
  public GenerationConfigBuilder promptLookupTokens(int value) {
    promptLookupTokens = value;
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
        minP,
        typicalP,
        repetitionPenalty,
        new TokenRules(
            minLength,
            minNewTokens,
            noRepeatNgramSize,
            encoderNoRepeatNgramSize,
            encoderRepetitionPenalty,
            badWordsIds,
            suppressTokens,
            beginSuppressTokens,
            forcedBosTokenId,
            forcedEosTokenIds,
            stopStrings),
        new Beams(numBeams, lengthPenalty, earlyStopping, numReturnSequences),
        eosTokenIds,
        padTokenId,
        decoderStartTokenId,
        promptLookupTokens,
        seed);
  }
}
