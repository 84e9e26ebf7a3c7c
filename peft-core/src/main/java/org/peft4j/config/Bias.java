package org.peft4j.config;

/** Which of the model's biases train with an adapter. The adapter trains copies of them. */
public enum Bias {
  /** None. */
  NONE("none"),
  /** Every bias of the model. */
  ALL("all"),
  /** The biases of the target modules. */
  TARGETS_ONLY("_only");

  private final String json;

  Bias(String json) {
    this.json = json;
  }

  /** Its JSON name. {@code prefix} is the method's: {@code lora} in {@code lora_only}. */
  public String json(String prefix) {
    return this == TARGETS_ONLY ? prefix + json : json;
  }
}
