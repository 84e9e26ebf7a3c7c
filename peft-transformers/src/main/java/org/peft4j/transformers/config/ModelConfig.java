package org.peft4j.transformers.config;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.architecture.Rotary;

/**
 * The architecture of a causal language model, or of a classifier of sequences that has such a
 * model's body. Dropout of the base model is no part of it: a frozen model is run without.
 *
 * @param vocabularySize rows of the embedding table and of the head
 * @param hiddenSize width of the residual stream
 * @param layers number of blocks
 * @param maxPositions longest sequence that the model was made for
 * @param normEpsilon ε of every normalisation
 * @param initializerRange the standard deviation of new weights
 * @param tiedHead whether the head's matrix is the embedding table
 * @param labels the classes of a classifier; empty for a language model
 */
public record ModelConfig(
    Family family,
    int vocabularySize,
    int hiddenSize,
    int layers,
    int maxPositions,
    double normEpsilon,
    double initializerRange,
    boolean tiedHead,
    Attention attention,
    Mlp mlp,
    SpecialTokens tokens,
    Optional<Labels> labels) {
  static final double DEFAULT_RANGE = 0.02;

  /** The same body with a head for {@code value}, which is tied to nothing. */
  public ModelConfig withLabels(Labels value) {
    return new ModelConfig(
        family,
        vocabularySize,
        hiddenSize,
        layers,
        maxPositions,
        normEpsilon,
        initializerRange,
        false,
        attention,
        mlp,
        tokens,
        Optional.of(value));
  }

  /** The width of the head's output: labels, or the vocabulary. */
  public int headSize() {
    return labels.map(Labels::size).orElse(vocabularySize);
  }

  /**
   * Self-attention.
   *
   * @param heads query heads
   * @param keyValueHeads key/value heads, each shared by {@code heads / keyValueHeads} query heads
   * @param headSize width of a head
   * @param inputBias whether the query, key and value projections have a bias
   * @param outputBias whether the output projection has one
   * @param rotary rotary positions; null where positions are embedded (GPT-2)
   */
  public record Attention(
      int heads,
      int keyValueHeads,
      int headSize,
      boolean inputBias,
      boolean outputBias,
      @Nullable Rotary rotary) {
    /** Whether attention scores are {@code q·k/√headSize}. */
    public double scale() {
      return 1 / Math.sqrt(headSize);
    }
  }

  /**
   * The feed-forward part of a block.
   *
   * @param innerSize its inner width
   * @param gated whether it is {@code down(f(gate(x))·up(x))}, else {@code proj(f(fc(x)))}
   */
  public record Mlp(int innerSize, Activation activation, boolean gated, boolean bias) {}

  /**
   * Ids of special tokens.
   *
   * @param endOfText any of them ends a text
   */
  public record SpecialTokens(
      OptionalInt beginOfText, List<Integer> endOfText, OptionalInt padding) {
    public SpecialTokens {
      endOfText = List.copyOf(endOfText);
    }
  }
}
