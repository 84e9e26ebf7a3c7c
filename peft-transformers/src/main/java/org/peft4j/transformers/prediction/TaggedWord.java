package org.peft4j.transformers.prediction;

/**
 * A word and its tag.
 *
 * @param text the word
 * @param begin the index of its first {@code char} in its text
 * @param end the index behind its last
 * @param tag the label of its first piece; {@code O} if the tokenizer makes nothing of the word
 * @param score the probability of the tag; 0 for a word without a piece
 */
public record TaggedWord(String text, int begin, int end, String tag, double score) {}
