package org.peft4j.config;

/** Which of the model's own biases train along with an adapter, as a copy of the adapter's own. */
public enum Bias {
  /** None. */
  NONE("none"),
  /** Every bias of the model. */
  ALL("all"),
  /** The biases of the modules that the method is grafted on. */
  TARGETS_ONLY("_only");

  private final String json;

  Bias(String json) {
    this.json = json;
  }

  /** Its JSON name; {@code prefix} is the method's, {@code lora} in {@code lora_only}. */
  public String json(String prefix) {
    return this == TARGETS_ONLY ? prefix + json : json;
  }
}
