package org.peft4j.transformers.internal.head;

import java.util.OptionalLong;

/**
 * The loss of a batch.
 *
 * @param mean over all that has a label
 * @param each the mean of each sequence
 * @param right of how many positions the label is the likeliest; empty where this is not counted
 */
public record Losses(double mean, double[] each, OptionalLong right) {
  Losses(double mean, double[] each) {
    this(mean, each, OptionalLong.empty());
  }
}
