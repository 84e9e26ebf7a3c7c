package org.peft4j.prompt.multitask;

import java.nio.file.Path;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftException;
import org.peft4j.adapter.Initializer;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * An earlier multitask adapter that a new one begins from.
 *
 * @param weights its {@code adapter_model.safetensors}, named by the caller and by no file
 * @param share what is taken
 * @param task whose matrix, for {@link Share#ONE_TASK}
 */
public record PromptSource(Path weights, Share share, int task) {
  /** What is taken of the source. */
  public enum Share {
    /** The shared prompt, and the mean of all tasks' factors. */
    MEAN_OF_TASKS,
    /** The shared prompt and one task's factors. */
    ONE_TASK,
    /** The shared prompt alone. */
    SHARED_PROMPT
  }

  /** Whether the factors of tasks are taken too. */
  boolean hasFactors() {
    return share != Share.SHARED_PROMPT;
  }

  /** Copies a tensor of the source; of a tensor of factors, the mean or one task's. */
  Initializer of(String tensor, boolean factors) {
    return (target, random) -> {
      INDArray value = read(tensor);
      INDArray taken = value;
      if (factors) {
        long tasks = value.size(0);
        if (share == Share.ONE_TASK && task >= tasks) {
          throw new PeftException(
              weights + " has " + tasks + " tasks; there is no task " + task + ".");
        }
        taken = share == Share.ONE_TASK ? value.slice(task) : value.mean(0);
        taken = taken.reshape('c', target.shape());
      }
      if (!java.util.Arrays.equals(taken.shape(), target.shape())) {
        throw new PeftException(
            "%s: %s has the shape %s; this config's is %s."
                .formatted(
                    weights,
                    tensor,
                    java.util.Arrays.toString(taken.shape()),
                    java.util.Arrays.toString(target.shape())));
      }
      target.assign(taken);
    };
  }

  private INDArray read(String tensor) {
    try (TensorSource source = TensorSource.open(weights)) {
      TensorInfo info = source.tensor(tensor);
      float[] values = new float[Math.toIntExact(info.elementCount())];
      source.readFloats(tensor, 0, values, 0, values.length);
      long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
      return Nd4j.createFromArray(values).reshape('c', shape);
    }
  }
}
