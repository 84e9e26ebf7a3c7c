package org.peft4j.transformers.internal.head;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/** A dense layer on the hidden state of the first position: BERT's. */
public record Pooler(DenseLayer dense, long width) {
  /**
   * The results of a forward pass.
   *
   * @param first the hidden states of the first positions
   */
  public record Kept(INDArray first, DenseLayer.Kept dense) {}

  public static Pooler of(DensePart part, Modules modules) {
    return new Pooler(DenseLayer.of(part, modules), part.linear().outputs());
  }

  /** Writes y [batch, width], given hidden states [batch, time, width]. */
  public Kept forward(Pass pass, INDArray hidden, INDArray y, CallMemory memory) {
    INDArray first = memory.kept(hidden.size(0), hidden.size(2));
    first.assign(row(hidden));
    DenseLayer.Kept kept = dense.forward(pass, first, memory);
    y.assign(kept.y());
    return new Kept(first, kept);
  }

  /**
   * Writes the gradients of the adapters here, and of the hidden states.
   *
   * @param dHidden overwritten; null if not needed
   */
  public void backward(
      Pass pass, Kept kept, INDArray dy, @Nullable INDArray dHidden, CallMemory memory) {
    INDArray dFirst = dHidden == null ? null : memory.temporary(kept.first().shape());
    dense.backward(pass, kept.dense(), memory.temporary(dy.shape()).assign(dy), dFirst, memory);
    if (dHidden != null && dFirst != null) {
      dHidden.assign(0);
      row(dHidden).assign(dFirst);
    }
  }

  private static INDArray row(INDArray hidden) {
    return hidden.get(all(), point(0), all());
  }
}
