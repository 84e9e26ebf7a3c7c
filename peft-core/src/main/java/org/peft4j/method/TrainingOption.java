package org.peft4j.method;

/**
 * A setting of training that a method adds: the learning rates of its tensors as a function of one
 * number, such as LoRA+'s ratio.
 *
 * @param name its name on a command line, without dashes: {@code lora-plus-ratio}
 * @param help what it does, in a line
 * @param effect what a value comes to
 */
public record TrainingOption(String name, String help, Effect effect) {
  /** What a value comes to. */
  @FunctionalInterface
  public interface Effect {
    /**
     * The groups of the method's tensors.
     *
     * @param value the option's
     * @param weightDecay the training's
     * @throws org.peft4j.error.PeftException if the value is not allowed
     */
    ParameterGroups groups(double value, double weightDecay);
  }
}
