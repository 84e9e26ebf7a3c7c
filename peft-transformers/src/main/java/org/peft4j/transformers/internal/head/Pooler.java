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
   * @param reading its input
   * @param first the hidden states of the first positions
   */
  public record Kept(Reading reading, INDArray first, DenseLayer.Kept dense) {}

  public static Pooler of(DensePart part, Modules modules) {
    return new Pooler(DenseLayer.of(part, modules), part.linear().outputs());
  }

  /** Writes y [batch, width]. */
  public Kept forward(Reading reading, INDArray y) {
    INDArray hidden = reading.hidden();
    INDArray first = reading.memory().kept(hidden.size(0), hidden.size(2));
    for (int row = 0; row < hidden.size(0); row++) {
      first.getRow(row).assign(state(reading, hidden, row));
    }
    DenseLayer.Kept kept = dense.forward(reading.pass(), first, reading.memory());
    y.assign(kept.y());
    return new Kept(reading, first, kept);
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
      for (int row = 0; row < dFirst.size(0); row++) {
        state(kept.reading(), dHidden, row).assign(dFirst.getRow(row));
      }
    }
  }

  private static INDArray state(Reading reading, INDArray hidden, int row) {
    return hidden.get(point(row), point(reading.start(row)), all());
  }
}
