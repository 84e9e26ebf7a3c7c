package org.peft4j.lora.internal.adalora;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.MulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;

/**
 * The importance of each parameter for the loss: {@code I = |p·g|}, its running mean {@code Ī ←
 * β₁·Ī + (1 − β₁)·I} and uncertainty {@code U ← β₂·U + (1 − β₂)·|I − Ī|}. The score is {@code Ī·U}.
 * (Zhang et al. 2023, equations 8 to 11.)
 */
final class Importance implements AutoCloseable {
  private final double beta1;
  private final double beta2;
  private final INDArray mean;
  private final INDArray uncertainty;
  private final INDArray now;
  private final Map<String, INDArray> nowByKey;

  /** Importances of parameters like {@code tensors}. */
  Importance(Map<String, INDArray> tensors, double beta1, double beta2) {
    this.beta1 = beta1;
    this.beta2 = beta2;
    DataType type = tensors.values().iterator().next().dataType();
    long count = tensors.values().stream().mapToLong(INDArray::length).sum();
    mean = DetachedArrays.zeros(type, count);
    uncertainty = DetachedArrays.zeros(type, count);
    now = DetachedArrays.zeros(type, count);
    nowByKey = cut(now, tensors);
  }

  private static Map<String, INDArray> cut(INDArray flat, Map<String, INDArray> like) {
    Map<String, INDArray> views = new LinkedHashMap<>();
    long offset = 0;
    for (Map.Entry<String, INDArray> entry : like.entrySet()) {
      long end = offset + entry.getValue().length();
      INDArray slice = flat.get(NDArrayIndex.interval(offset, end));
      views.put(entry.getKey(), slice.reshape('c', entry.getValue().shape()));
      offset = end;
    }
    return views;
  }

  /** Records a step. */
  void update(Map<String, INDArray> parameters, Map<String, INDArray> gradients) {
    nowByKey.forEach((key, view) -> product(parameters, gradients, key, view));
    Transforms.abs(now, false);
    mean.muli(beta1);
    Nd4j.getBlasWrapper().axpy(1 - beta1, now, mean);
    now.subi(mean);
    Transforms.abs(now, false);
    uncertainty.muli(beta2);
    Nd4j.getBlasWrapper().axpy(1 - beta2, now, uncertainty);
  }

  private static void product(
      Map<String, INDArray> parameters, Map<String, INDArray> gradients, String key, INDArray out) {
    INDArray p = parameters.get(key);
    INDArray g = gradients.get(key);
    if (p == null || g == null) {
      throw new IllegalStateException("No parameter or gradient " + key + " any more.");
    }
    Nd4j.getExecutioner().exec(new MulOp(p, g, out));
  }

  /** The scores by key, until the next {@link #update}. */
  Map<String, INDArray> scores() {
    Nd4j.getExecutioner().exec(new MulOp(mean, uncertainty, now));
    return nowByKey;
  }

  INDArray mean() {
    return mean;
  }

  INDArray uncertainty() {
    return uncertainty;
  }

  @Override
  public void close() {
    Scratch.release(mean, uncertainty, now);
  }
}
