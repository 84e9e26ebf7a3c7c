package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * The tensors of a file of the reference that are numbers of a floating type, in single precision.
 */
record GoldenTensors(Map<String, INDArray> tensors) {
  private static final double TOLERANCE = 1e-4;

  static GoldenTensors read(Path file) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    try (TensorSource source = TensorSource.open(file)) {
      for (TensorInfo info : source.tensors().values()) {
        if (info.dtype().isFloating()) {
          float[] values = new float[(int) info.elementCount()];
          source.readFloats(info.name(), 0, values, 0, values.length);
          long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
          tensors.put(info.name(), Nd4j.createFromArray(values).reshape('c', shape));
        }
      }
    }
    return new GoldenTensors(tensors);
  }

  INDArray get(String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  /** Within a ten-thousandth of the largest element. */
  void requireClose(String name, INDArray found) {
    INDArray expected = get(name);
    double scale = expected.amaxNumber().doubleValue();
    assertThat(found.sub(expected).amaxNumber().doubleValue() / scale)
        .as(name)
        .isLessThan(TOLERANCE);
  }
}
