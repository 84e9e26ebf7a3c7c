package org.peft4j.train;

/** Which learning rate and decay each tensor of an adapter has. */
@FunctionalInterface
public interface ParameterGroups {
  /**
   * What a tensor has.
   *
   * @param rate times the learning rate of the step; 0 and above
   * @param weightDecay AdamW's decay; 0 and above
   */
  record Group(double rate, double weightDecay) {}

  /**
   * The group of a tensor.
   *
   * @param key its key in an adapter file
   * @param dimensions the number of its dimensions
   * @param settings those of the fine-tuning
   */
  Group of(String key, int dimensions, FineTuningSettings settings);
}
