package org.peft4j.train.data;

/**
 * The tokens of a row, before they are cut to a length. The arrays are shared, not copied.
 *
 * @param ids all tokens
 * @param labels the same, with {@link TokenSequence#IGNORED} for what is not learned
 * @param splitsAToken whether a token spans the border of prompt and completion
 */
public record LabelledTokens(int[] ids, int[] labels, boolean splitsAToken) {}
