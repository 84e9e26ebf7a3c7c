package org.peft4j.prompt.multitask;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Initializer;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * An earlier multitask adapter that a new one starts from.
 *
 * @param weights its {@code adapter_model.safetensors}, named by the caller; empty if only a config
 *     file names it, because paths in configs are not followed
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
    String init() {
      return init;
    }
  }

  /** An adapter's weights. */
  public PromptSource(Path weights, Share share, int task) {
    this(Optional.of(weights), share, task);
  }

  /** Whether to take the factors of tasks too. */
  boolean hasFactors() {
    return share != Share.SHARED_PROMPT;
  }

  /** Copies a tensor of the source; from factors, the mean or one task's. */
  Initializer of(String tensor, boolean factors) {
    return (target, random) -> {
      INDArray value = read(tensor);
      INDArray taken = factors ? ofTasks(value) : value;
      if (!Arrays.equals(taken.shape(), target.shape())) {
        throw new PeftException(
            "%s: %s has the shape %s; this config's is %s."
                .formatted(
                    file(),
                    tensor,
                    Arrays.toString(taken.shape()),
                    Arrays.toString(target.shape())));
      }
      target.assign(taken);
    };
  }

  private INDArray ofTasks(INDArray factors) {
    long tasks = factors.size(0);
    if (share == Share.ONE_TASK && (task < 0 || task >= tasks)) {
      throw new PeftException(file() + " has " + tasks + " tasks; there is no task " + task + ".");
    }
    return share == Share.ONE_TASK
        ? factors.get(NDArrayIndex.interval(task, task + 1))
        : factors.mean(true, 0);
  }

  private Path file() {
    return weights.orElseThrow(
        () ->
            new PeftException(
                "prompt_tuning_init is "
                    + share.init()
                    + ", and paths in a config are not followed. Name the earlier adapter in code,"
                    + " with MultitaskPromptConfig.builder().source(…), or start with RANDOM or"
                    + " TEXT."));
  }

  private INDArray read(String tensor) {
    try (TensorSource source = TensorSource.open(file())) {
      TensorInfo info = source.tensor(tensor);
      float[] values = new float[Math.toIntExact(info.elementCount())];
      source.readFloats(tensor, 0, values, 0, values.length);
      long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
      return Nd4j.createFromArray(values).reshape('c', shape);
    }
  }
}
