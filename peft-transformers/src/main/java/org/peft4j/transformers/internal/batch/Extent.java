package org.peft4j.transformers.internal.batch;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Sequences in a batch and tokens in each. */
public record Extent(long batch, long time) {
  public static Extent of(INDArray activations) {
    return new Extent(activations.size(0), activations.size(1));
  }

  public long rows() {
    return batch * time;
  }

  /** [batch, time, features] as [batch·time, features]; a view of a row-major array. */
  public INDArray matrix(INDArray activations) {
    return activations.reshape('c', rows(), activations.length() / rows());
  }
}
