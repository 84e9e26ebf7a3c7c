package org.peft4j.transformers.internal.input;

import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.internal.batch.Extent;

/**
 * The tokens of a call.
 *
 * @param ids of all sequences, one after the other
 * @param extent of the result: {@code virtualTokens} and then the tokens of each sequence
 * @param virtualTokens how many embeddings come before those of the tokens
 * @param padding how many of each sequence's first tokens are padding, before which no virtual
 *     token comes; null if none are
 * @param mask [batch, tokens] as numbers, 0 for padding; null without padding
 * @param past how many tokens earlier calls have seen
 * @param prefix how many positions adapters take before all of them
 */
public record Tokens(
    int[] ids,
    Extent extent,
    int virtualTokens,
    int @Nullable [] padding,
    int @Nullable [] mask,
    int past,
    int prefix) {}
