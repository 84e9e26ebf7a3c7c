package org.peft4j.config;

import java.util.function.Function;

/**
 * A method with its settings and targets. Configs are immutable records with builders; their
 * fields, JSON names and defaults are Hugging Face PEFT's.
 */
public interface PeftConfig {
  /** The method's name in {@code adapter_config.json}: {@code LORA}. */
  String peftType();

  /** The fields of every method. */
  CommonConfig common();

  /** A builder with the values of this config. */
  CommonBuilder<?> toBuilder();

  /**
   * The config with the token ids of the text that a new adapter begins as: for prompts that begin
   * as a text, before the model is wrapped. Others are as they were.
   *
   * @param encoder text to token ids, with the tokens that the model's tokenizer puts around a text
   */
  default PeftConfig encoded(Function<String, int[]> encoder) {
    return this;
  }
}
