package org.peft4j.transformers.internal.input;

import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.internal.batch.Extent;

/**
 * The tokens of a call.
 *
 * @param ids the ids of all sequences, one after the other
 * @param extent of the result: {@code virtualTokens}, then the tokens of each sequence
 * @param virtualTokens the number of embeddings before those of the tokens
 * @param types the type of each token, as {@code ids}; null if all are 0
 * @param padding the number of padding tokens at the start of each sequence, which virtual tokens
 *     follow; null without padding
 * @param mask [batch, tokens] as numbers, 0 for padding; null without padding
 * @param past the number of tokens in earlier calls
 * @param prefix the number of positions that adapters take before all tokens
 */
public record Tokens(
    int[] ids,
    Extent extent,
    int virtualTokens,
    int @Nullable [] types,
    int @Nullable [] padding,
    int @Nullable [] mask,
    int past,
    int prefix) {}
