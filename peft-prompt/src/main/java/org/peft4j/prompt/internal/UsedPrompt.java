package org.peft4j.prompt.internal;

import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.PromptAdapter;

/** A table of vectors, trained or encoded, with its use. */
interface UsedPrompt extends PromptAdapter {
  /** The use of the table. */
  PromptUse use();

  @Override
  default String key(ParameterSpec parameter) {
    return parameter.name();
  }

  @Override
  default int virtualTokens() {
    return use().virtualTokens();
  }

  @Override
  default int prefixLength() {
    return use().prefixLength();
  }

  @Override
  default int encoderPrefixLength() {
    return use().encoderPrefixLength();
  }
}
