package org.peft4j.transformers.prediction;

/**
 * Words that belong together.
 *
 * @param label their tag without {@code B-} or {@code I-}
 * @param begin the index of the first {@code char} in the text
 * @param end the index behind the last
 * @param score the mean of the scores of its words
 */
public record Entity(String label, String text, int begin, int end, double score) {}
