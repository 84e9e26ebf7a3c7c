package org.peft4j.prompt.internal;

import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.PromptAdapter;

/** A table of vectors, however it is made, and what it is for. */
interface UsedPrompt extends PromptAdapter {
  /** What the table is for. */
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
}
