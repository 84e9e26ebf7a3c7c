package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.transformers.internal.memory.CallMemory;

/** {@code conv(silu(norm(x)))}. */
final class ActivatedRun implements StageRun {
  private final GroupNorm norm;
  private final ConvolutionModule convolution;

  ActivatedRun(Stage.Activated part, PictureModules modules) {
    this.norm = modules.groupNorm(part.norm());
    this.convolution = modules.convolution(part.convolution());
  }

  @Override
  public long channels(long input) {
    return convolution.outputs();
  }

  @Override
  public Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    Area area = around.in();
    GroupNorm.Statistics statistics = norm.statistics(area, memory);
    INDArray active = memory.temporary(x.shape());
    norm.forwardActive(pass, x, active, statistics);
    if (y != null || convolution.records(pass, area)) {
      INDArray out = y == null ? memory.temporary(area.rows(), convolution.outputs()) : y;
      convolution.forward(pass, area, active, out);
    }
    return (again, input, dy, dx, scratch) ->
        backward(again, area, statistics, input, dy, dx, scratch);
  }

  private void backward(
      Pass pass,
      Area area,
      GroupNorm.Statistics statistics,
      INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    INDArray active = null;
    if (convolution.acts()) {
      active = memory.temporary(x.shape());
      norm.forwardActive(pass, x, active, statistics);
    }
    boolean goOn = dx != null || norm.acts();
    INDArray dActive = goOn ? memory.temporary(x.shape()) : null;
    convolution.backward(pass, area, active, dy, dActive, 0);
    if (dActive != null) {
      norm.backwardActive(pass, x, statistics, dActive, dx, memory);
    }
  }
}
