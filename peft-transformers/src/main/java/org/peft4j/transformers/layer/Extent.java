package org.peft4j.transformers.layer;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Sequences in a batch and tokens in each. */
record Extent(long batch, long time) {
  static Extent of(INDArray activations) {
    return new Extent(activations.size(0), activations.size(1));
  }

  long rows() {
    return batch * time;
  }

  /** [batch, time, features] as [batch·time, features]; a view of a row-major array. */
  INDArray matrix(INDArray activations) {
    return activations.reshape('c', rows(), activations.length() / rows());
  }
}
