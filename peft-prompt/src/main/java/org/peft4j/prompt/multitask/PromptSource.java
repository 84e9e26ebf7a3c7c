package org.peft4j.prompt.multitask;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * An earlier multitask adapter that a new one begins from.
 *
 * @param weights its {@code adapter_model.safetensors}, named by the caller; empty where only a
 *     config file names it, which is not followed
 * @param share what is taken
 * @param task whose matrix, for {@link Share#ONE_TASK}
 */
public record PromptSource(Optional<Path> weights, Share share, int task) {
  /** What is taken of the source. */
  public enum Share {
    /** The shared prompt, and the mean of all tasks' factors. */
    MEAN_OF_TASKS("AVERAGE_SOURCE_TASKS"),
    /** The shared prompt and one task's factors. */
    ONE_TASK("EXACT_SOURCE_TASK"),
    /** The shared prompt alone. */
    SHARED_PROMPT("ONLY_SOURCE_SHARED");

    private final String init;

    Share(String init) {
      this.init = init;
    }

    static Optional<Share> named(String init) {
      return Arrays.stream(values()).filter(share -> share.init.equals(init)).findFirst();
    }

    /** What Hugging Face PEFT calls it in {@code prompt_tuning_init}. */
    public String init() {
      return init;
    }
  }

  /** An adapter's weights. */
  public PromptSource(Path weights, Share share, int task) {
    this(Optional.of(weights), share, task);
  }

  /** Whether the factors of tasks are taken too. */
  public boolean hasFactors() {
    return share != Share.SHARED_PROMPT;
  }
}
