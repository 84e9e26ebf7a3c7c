package org.peft4j.internal.samediff;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.peft4j.internal.graft.Slot;

/**
 * A loss variable with an adapter's own term of the loss, spread over its elements, which SameDiff
 * sums up. Arguments: the loss, parameters.
 */
final class PenaltyGraft extends GraphGraft {
  PenaltyGraft(Surroundings around, Slot slot) {
    super(around, slot.adapter().site(), List.of(slot));
  }

  @Override
  boolean hasInput() {
    return true;
  }

  @Override
  boolean records() {
    return false;
  }

  @Override
  LongShapeDescriptor shape(List<INDArray> arguments) {
    INDArray loss = arguments.get(0);
    return LongShapeDescriptor.fromShape(loss.shape(), loss.dataType());
  }

  @Override
  void forward(Step step, INDArray output) {
    output.assign(step.input());
    output.addi(step.layer().penalty() / output.length());
  }

  @Override
  void backward(Step step, INDArray dy, @Nullable INDArray dx) {
    if (dx != null) {
      dx.assign(dy);
    }
    step.layer().addPenaltyGradients(dy.sumNumber().doubleValue() / dy.length());
  }
}
