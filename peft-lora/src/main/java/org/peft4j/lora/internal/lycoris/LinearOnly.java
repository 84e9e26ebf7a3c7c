package org.peft4j.lora.internal.lycoris;

import java.util.Optional;
import org.peft4j.method.ModelModules;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells where Hugging Face PEFT lacks a method that this library has: on GPT-2's Conv1D. */
public final class LinearOnly {
  private static final Logger LOG = LoggerFactory.getLogger(LinearOnly.class);

  private LinearOnly() {}

  /** Logs a line if {@code model} has Conv1D modules in Python. */
  public static void tell(String method, ModelModules model) {
    if (model.type().equals(Optional.of("gpt2"))) {
      LOG.warn(
          "Python's PEFT has {} for Linear modules, and GPT-2 has Conv1D: it cannot load this"
              + " adapter.",
          method);
    }
  }
}
