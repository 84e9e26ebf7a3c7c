package org.peft4j.method;

/** Gives each tensor of an adapter a learning rate and a weight decay of its own. */
@FunctionalInterface
public interface ParameterGroups {
  /**
   * How one tensor learns.
   *
   * @param rate factor of the step's learning rate; 0 and above
   * @param weightDecay decoupled decay, which the tensor's rate multiplies; 0 and above
   */
  record Group(double rate, double weightDecay) {}

  /**
   * The group of a tensor.
   *
   * @param key its key in an adapter file
   * @param dimensions the number of its dimensions
   * @param learningRate the highest rate of the training, before its schedule
   */
  Group of(String key, int dimensions, double learningRate);
}
