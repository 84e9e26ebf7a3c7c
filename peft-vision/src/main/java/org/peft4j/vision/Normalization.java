package org.peft4j.vision;

import java.util.List;
import org.peft4j.error.PeftException;

/**
 * (x − mean) / std for each channel.
 *
 * @param mean of three channels, or of one: grey
 * @param std of as many
 */
public record Normalization(List<Double> mean, List<Double> std) {
  /**
   * @throws PeftException if there are neither 1 nor 3, or a deviation is 0
   */
  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != std.size() || mean.size() != 1 && mean.size() != 3) {
      throw new PeftException(
          "image_mean is %s and image_std %s; allowed: 3 numbers each, or 1 each for grey pictures."
              .formatted(mean, std));
    }
    if (!mean.stream().allMatch(Double::isFinite)
        || !std.stream().allMatch(each -> Double.isFinite(each) && each != 0)) {
      throw new PeftException(
          "image_mean is %s and image_std %s; allowed: finite numbers, and no deviation of 0."
              .formatted(mean, std));
    }
  }

  float apply(float value, int channel) {
    return (value - mean.get(channel).floatValue()) / std.get(channel).floatValue();
  }
}
