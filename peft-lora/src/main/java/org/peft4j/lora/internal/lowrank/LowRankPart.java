package org.peft4j.lora.internal.lowrank;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;

/** A LoRA adapter's part at one site of any kind: s·B·A. */
public interface LowRankPart extends WeightAdapter {
  /** Rank, scale and other settings. */
  LoraShape shape();

  /** The name of A among its tensors. */
  default String nameOfA() {
    return LoraLinear.A;
  }

  /** The name of B among its tensors. */
  default String nameOfB() {
    return LoraLinear.B;
  }

  /** Copies of A and B as matrices of doubles; s·B·A is the whole part. */
  default Factors factors(Tensors tensors) {
    return new Factors(matrix(tensors.get(nameOfA())), matrix(tensors.get(nameOfB())));
  }

  private static INDArray matrix(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').reshape('c', array.size(0), -1);
  }

  /**
   * Two matrices of doubles.
   *
   * @param a [r, columns]
   * @param b [rows, r]
   */
  record Factors(INDArray a, INDArray b) {}
}
