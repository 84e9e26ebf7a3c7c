package org.peft4j.lora;

/** How A and B begin. All but {@link #RANDOM} leave the model's outputs as they are. */
public enum LoraInit {
  /** A uniform on ±1/√in, B zero: {@code init_lora_weights: true}, the default. */
  STANDARD,
  /** A normal with standard deviation 1/r, B zero: {@code "gaussian"}. */
  GAUSSIAN,
  /**
   * A uniform on ±1/√in, B uniform on ±1/√r: {@code false}. The model's outputs change at once; it
   * is meant for tests.
   */
  RANDOM
}
