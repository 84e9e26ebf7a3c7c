package org.peft4j.transformers.internal.head;

/**
 * The loss of a batch.
 *
 * @param mean over all that has a label
 * @param each the mean of each sequence
 */
public record Losses(double mean, double[] each) {}
