package org.peft4j.prompt.multitask;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * An earlier multitask adapter that a new one starts from.
 *
 * @param weights its {@code adapter_model.safetensors} or {@code adapter_model.bin}, named by the
 *     caller; empty if only a config file names it, because paths in configs are not followed
 * @param share the part to take
 * @param task the task whose matrix {@link Share#ONE_TASK} takes
 */
public record PromptSource(Optional<Path> weights, Share share, int task) {
  /** The part to take from the source. */
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

    /** Hugging Face PEFT's name in {@code prompt_tuning_init}. */
    public String init() {
      return init;
    }
  }

  /** An adapter's weights. */
  public PromptSource(Path weights, Share share, int task) {
    this(Optional.of(weights), share, task);
  }

  /** Whether to take the factors of tasks too. */
  public boolean hasFactors() {
    return share != Share.SHARED_PROMPT;
  }
}
