package org.peft4j.examples.styles;

/**
 * How much is done.
 *
 * @param blockLength tokens of a block of a text
 * @param steps of each style, of eight blocks
 * @param pairs to learn the preference from; a third as many are held out
 * @param preferenceSteps of eight pairs
 */
record Plan(int blockLength, long steps, int pairs, long preferenceSteps) {
  static final Plan WHOLE = new Plan(256, 300, 320, 120);
}
