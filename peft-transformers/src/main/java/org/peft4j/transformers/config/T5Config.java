package org.peft4j.transformers.config;

/**
 * The shapes of a T5 or mT5 (Raffel et al., 2020; Xue et al., 2021): an encoder and a decoder with
 * root mean square normalisation, no biases, and a table of relative positions in the first block
 * of each. Models of this family can be planned, not run.
 *
 * @param modelType {@code t5} or {@code mt5}
 * @param hiddenSize {@code d_model}, width of the residual stream
 * @param headSize {@code d_kv}
 * @param innerSize {@code d_ff}, inner width of the feed-forward part
 * @param positionBuckets rows of the table of relative positions
 * @param gated whether the feed-forward part has a gate: {@code wi_0} and {@code wi_1} instead of
 *     {@code wi}
 * @param tiedHead whether the head's matrix is the embedding table
 */
public record T5Config(
    String modelType,
    int vocabularySize,
    int hiddenSize,
    int heads,
    int headSize,
    int innerSize,
    int encoderLayers,
    int decoderLayers,
    int positionBuckets,
    boolean gated,
    boolean tiedHead) {}
