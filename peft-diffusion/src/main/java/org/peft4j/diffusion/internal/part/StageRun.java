package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.transformers.internal.memory.CallMemory;

/** Computes a stage. Pictures are rows [batch·height·width, channels] here. */
public interface StageRun {
  /** What computes that stage. */
  static StageRun of(Stage stage, PictureModules modules) {
    if (stage instanceof Stage.Time part) {
      return new TimeRun(part, modules);
    }
    if (stage instanceof Stage.Convolve part) {
      return new ConvolveRun(modules.convolution(part.convolution()));
    }
    if (stage instanceof Stage.Residual part) {
      return new ResidualRun(part, modules);
    }
    if (stage instanceof Stage.Attend part) {
      return new AttendRun(part, modules);
    }
    if (stage instanceof Stage.PixelAttention part) {
      return new PixelAttentionRun(part, modules);
    }
    if (stage instanceof Stage.Enlarge part) {
      return new EnlargeRun(modules.convolution(part.convolution()));
    }
    return new ActivatedRun((Stage.Activated) stage, modules);
  }

  /** The channels of its result, for an input with that number of channels. */
  long channels(long input);

  /**
   * The pictures that it gives.
   *
   * @param next those of the result that will be joined next; null if there is none
   */
  default Area area(Area in, @Nullable Area next) {
    return in;
  }

  /**
   * Writes y.
   *
   * @param y null to compute only the results for the backward pass
   */
  Kept forward(Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory);

  /** Holds a forward pass' results and computes the backward pass from them. */
  interface Kept {
    /**
     * Writes the gradients of the adapters here, and dx; adds to the gradients of what is shared.
     *
     * @param dx overwritten; null if not needed
     */
    void backward(Pass pass, INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory);
  }
}
