package org.peft4j.config;

/**
 * The meaning of a field that several methods have under their own names, so that it can be set or
 * read without knowing the method.
 */
public enum FieldRole {
  /** The rank that training begins or ends with: {@code r}. */
  RANK,
  /** What the adapter's part is scaled by, with the rank: {@code lora_alpha}. */
  ALPHA,
  /** The probability that an input of the adapter is dropped: {@code lora_dropout}. */
  DROPOUT,
  /** The length of a prompt or prefix: {@code num_virtual_tokens}. */
  VIRTUAL_TOKENS,
  /** How a prompt begins; {@code TEXT} for a text. */
  INIT,
  /** The text that a prompt starts from: {@code prompt_tuning_init_text}. */
  INIT_TEXT,
  /** The number of tasks: {@code num_tasks}. */
  TASKS,
  /** The steps of the training, where a method follows a schedule: {@code total_step}. */
  TRAINING_STEPS
}
