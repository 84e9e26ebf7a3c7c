package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.transformers.internal.memory.CallMemory;

/** A convolution. */
record ConvolveRun(ConvolutionModule convolution) implements StageRun {
  @Override
  public long channels(long input) {
    return convolution.outputs();
  }

  @Override
  public Area area(Area in, @Nullable Area next) {
    return convolution.area(in);
  }

  @Override
  public Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    Area in = around.in();
    if (y != null || convolution.records(pass, in)) {
      INDArray out = y == null ? memory.temporary(around.out().rows(), convolution.outputs()) : y;
      convolution.forward(pass, in, x, out);
    }
    return (again, input, dy, dx, scratch) -> convolution.backward(again, in, input, dy, dx, 0);
  }
}
