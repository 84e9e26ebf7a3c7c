package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The nearest pixels of a larger picture, convolved. A pixel of the larger one is row ⌊i·h/h'⌋ and
 * column ⌊j·w/w'⌋ of the smaller, in single precision as PyTorch has it.
 */
record EnlargeRun(ConvolutionModule convolution) implements StageRun {
  @Override
  public long channels(long input) {
    return convolution.outputs();
  }

  @Override
  public Area area(Area in, @Nullable Area next) {
    return next == null ? new Area(in.batch(), 2 * in.height(), 2 * in.width()) : next;
  }

  /** For each pixel of the larger pictures, its row in the smaller ones. */
  private static int[] nearest(Area in, Area out) {
    int[] rows = new int[Math.toIntExact(out.rows())];
    int at = 0;
    for (long picture = 0; picture < out.batch(); picture++) {
      for (long i = 0; i < out.height(); i++) {
        long row = picture * in.height() + source(i, in.height(), out.height());
        for (long j = 0; j < out.width(); j++) {
          rows[at++] = (int) (row * in.width() + source(j, in.width(), out.width()));
        }
      }
    }
    return rows;
  }

  private static long source(long index, long small, long large) {
    float scale = (float) small / large;
    return Math.min((long) Math.floor(index * scale), small - 1);
  }

  @Override
  public Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    Area out = around.out();
    int[] rows = nearest(around.in(), out);
    if (y != null || convolution.records(pass, out)) {
      INDArray result = y == null ? memory.temporary(out.rows(), convolution.outputs()) : y;
      convolution.forward(pass, out, larger(pass, x, rows, memory), result);
    }
    return (again, input, dy, dx, scratch) -> {
      INDArray large = convolution.acts() ? larger(again, input, rows, scratch) : null;
      INDArray dLarge = dx == null ? null : scratch.temporary(rows.length, input.size(1));
      convolution.backward(again, out, large, dy, dLarge, 0);
      if (dLarge != null && dx != null) {
        again.kernels().lookUpGradient(rows, dLarge, dx);
      }
    };
  }

  private static INDArray larger(Pass pass, INDArray x, int[] rows, CallMemory memory) {
    INDArray large = memory.temporary(rows.length, x.size(1));
    pass.kernels().lookUp(x, rows, large);
    return large;
  }
}
