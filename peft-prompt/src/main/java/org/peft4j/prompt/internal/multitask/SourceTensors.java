package org.peft4j.prompt.internal.multitask;

import java.nio.file.Path;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Initializer;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.prompt.multitask.PromptSource;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/** First values from an earlier adapter. */
record SourceTensors(PromptSource source) {
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
    boolean one = source.share() == PromptSource.Share.ONE_TASK;
    int task = source.task();
    long tasks = factors.size(0);
    if (one && (task < 0 || task >= tasks)) {
      throw new PeftException(file() + " has " + tasks + " tasks; there is no task " + task + ".");
    }
    return one ? factors.get(NDArrayIndex.interval(task, task + 1)) : factors.mean(true, 0);
  }

  private Path file() {
    return source
        .weights()
        .orElseThrow(
            () ->
                new PeftException(
                    "prompt_tuning_init is "
                        + source.share().init()
                        + ", and paths in a config are not followed. Name the earlier adapter in code,"
                        + " with MultitaskPromptConfig.builder().source(…), or start with RANDOM or"
                        + " TEXT."));
  }

  private INDArray read(String tensor) {
    try (TensorSource tensors = WeightFiles.open(file())) {
      TensorInfo info = tensors.tensor(tensor);
      float[] values = new float[Math.toIntExact(info.elementCount())];
      tensors.readFloats(tensor, 0, values, 0, values.length);
      long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
      return Nd4j.createFromArray(values).reshape('c', shape);
    }
  }
}
