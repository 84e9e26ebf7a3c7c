package org.peft4j.transformers.tokenizer;

/**
 * Where a token comes from.
 *
 * @param text 0 for the first text, 1 for the second
 * @param number how many tokens of its text are before it, in all windows
 * @param begin the index of its first {@code char} in its text, or in its word where words were
 *     given; a token that is part of a character has the character's
 * @param end the index behind its last {@code char}
 * @param word which word of its text it is of: one of those that were given, or else one of the
 *     pieces into which the tokenizer cuts a text first
 */
public record TokenPlace(int text, int number, int begin, int end, int word) {}
