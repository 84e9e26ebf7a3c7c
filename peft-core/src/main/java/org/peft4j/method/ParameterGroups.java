package org.peft4j.method;

/** Which learning rate and weight decay each tensor of an adapter has. */
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
   * @param learningRate the highest learning rate of the training; 0 and above
   */
  Group of(String key, int dimensions, double learningRate);
}
