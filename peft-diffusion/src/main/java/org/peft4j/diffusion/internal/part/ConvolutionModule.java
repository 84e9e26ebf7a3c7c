package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Convolution.Window;

/** A frozen convolution with its adapters. */
record ConvolutionModule(LinearModule module, Window window, long outputs) {
  boolean acts() {
    return module.acts();
  }

  /** The pictures that it gives. */
  Area area(Area in) {
    return new Area(in.batch(), window.height(in.height()), window.width(in.width()));
  }

  private Pass through(Pass pass, Area in) {
    return pass.through(window.over(in.height(), in.width()));
  }

  /** Writes y, given x. */
  void forward(Pass pass, Area in, INDArray x, INDArray y) {
    module.forward(through(pass, in), x, y);
  }

  /** Whether a forward pass that is repeated must come here though nobody needs its result. */
  boolean records(Pass pass, Area in) {
    return module.records(through(pass, in));
  }

  /** See {@link LinearModule#backward}. */
  void backward(
      Pass pass, Area in, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, double beta) {
    module.backward(through(pass, in), x, dy, dx, beta);
  }
}
