package org.peft4j;

import org.peft4j.config.CommonConfig;

/**
 * What to graft and where. A method's config is an immutable record with a builder, whose fields,
 * JSON names and defaults are Hugging Face PEFT's.
 */
public interface PeftConfig {
  /** The method's name in {@code adapter_config.json}: {@code LORA}. */
  String peftType();

  /** The fields that every method has. */
  CommonConfig common();
}
