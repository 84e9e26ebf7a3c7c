package org.peft4j.transformers.internal.input;

import org.jspecify.annotations.Nullable;
import org.peft4j.transformers.internal.batch.Documents;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.LeftPadding;

/**
 * The tokens of a call.
 *
 * @param ids the ids of all sequences, one after the other
 * @param extent of the result: the padding of each sequence, {@code virtualTokens}, then its tokens
 * @param virtualTokens the number of embeddings before those of the tokens
 * @param types the type of each token, as {@code ids}; null if all are 0
 * @param padding the number of padding tokens at the start of each sequence, which virtual tokens
 *     follow and positions pass over; null if there are none, or if they count as positions
 * @param mask [batch, tokens] as numbers, 0 for padding; null without padding
 * @param documents those that are packed in the sequences; null if each is one
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
    @Nullable Documents documents,
    int past,
    int prefix) {
  /** The number of padding tokens at the start of a sequence. */
  int padding(int row) {
    return padding == null ? 0 : padding[row];
  }

  /** Whether a token is the first of one of several documents. */
  boolean begins(int row, int token) {
    return documents != null && documents.first().get(row * time() + token);
  }

  /** The number of positions of the longest sequence so far, or of the longest document. */
  int longest() {
    return documents == null
        ? LeftPadding.longest(past, (int) extent.time(), padding)
        : documents.longest();
  }

  /** The positions that count all tokens but padding on the left, [1 or batch, time]. */
  int[] positions() {
    return documents == null
        ? LeftPadding.positions(past, (int) extent.time(), padding)
        : documents.positions();
  }

  /** The number of tokens of each sequence, without virtual ones. */
  int time() {
    return (int) extent.time() - virtualTokens;
  }

  /**
   * Which of a sequence's own tokens is at a place of the result; −1 for a virtual token.
   *
   * @param place 0 to {@code extent.time() − 1}
   */
  int token(int row, int place) {
    int pads = virtualTokens == 0 ? place + 1 : padding(row);
    return place < pads ? place : place < pads + virtualTokens ? -1 : place - virtualTokens;
  }
}
