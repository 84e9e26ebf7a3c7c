package org.peft4j.diffusion.internal.part;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.diffusion.internal.model.PicturePass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * {@code shortcut(x) + conv2(silu(norm2(conv1(silu(norm1(x))) + time)))}, where x may be joined
 * with what was kept on the way down. Of its inner results it keeps conv1's; norms are computed
 * again.
 */
final class ResidualRun implements StageRun {
  private final GroupNorm norm1;
  private final ConvolutionModule conv1;
  private final @Nullable LinearModule time;
  private final GroupNorm norm2;
  private final ConvolutionModule conv2;
  private final @Nullable LinearModule shortcut;

  ResidualRun(Stage.Residual part, PictureModules modules) {
    this.norm1 = modules.groupNorm(part.norm1());
    this.conv1 = modules.convolution(part.conv1());
    this.time = part.time().map(map -> modules.map(map.site())).orElse(null);
    this.norm2 = modules.groupNorm(part.norm2());
    this.conv2 = modules.convolution(part.conv2());
    this.shortcut = part.shortcut().map(map -> modules.map(map.site())).orElse(null);
  }

  @Override
  public long channels(long input) {
    return conv2.outputs();
  }

  @Override
  public StageRun.Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    Area area = around.in();
    INDArray in = joined(pass, x, around, memory);
    GroupNorm.Statistics first = norm1.statistics(area, memory);
    INDArray active = memory.temporary(in.shape());
    norm1.forwardActive(pass, in, active, first);
    INDArray inner = memory.kept(area.rows(), conv1.outputs());
    conv1.forward(pass, area, active, inner);
    addTime(pass, around, inner, memory);
    GroupNorm.Statistics second = norm2.statistics(area, memory);
    INDArray innerActive = memory.temporary(inner.shape());
    norm2.forwardActive(pass, inner, innerActive, second);
    boolean records = conv2.records(pass, area) || shortcut != null && shortcut.records(pass);
    if (y != null || records) {
      INDArray out = y == null ? memory.temporary(area.rows(), conv2.outputs()) : y;
      conv2.forward(pass, area, innerActive, out);
      INDArray beside = in;
      if (shortcut != null) {
        beside = memory.temporary(out.shape());
        shortcut.forward(pass, in, beside);
      }
      out.addi(beside);
    }
    return new Kept(around, first, inner, second);
  }

  private static INDArray joined(Pass pass, INDArray x, Around around, CallMemory memory) {
    PicturePass.Shared skip = around.skip();
    if (skip == null) {
      return x;
    }
    INDArray other = Area.rows(skip.values());
    INDArray joined = memory.temporary(x.size(0), x.size(1) + other.size(1));
    pass.kernels().copy(x, joined.get(all(), interval(0, x.size(1))));
    pass.kernels().copy(other, joined.get(all(), interval(x.size(1), joined.size(1))));
    return joined;
  }

  private void addTime(Pass pass, Around around, INDArray inner, CallMemory memory) {
    if (time == null) {
      return;
    }
    Area area = around.in();
    INDArray bias = memory.temporary(area.batch(), inner.size(1));
    time.forward(pass, around.shared().time().values(), bias);
    for (long b = 0; b < area.batch(); b++) {
      pass.kernels().addBias(picture(inner, area, b), bias.getRow(b));
    }
  }

  private static INDArray picture(INDArray rows, Area area, long index) {
    return rows.get(interval(index * area.pixels(), (index + 1) * area.pixels()), all());
  }

  private final class Kept implements StageRun.Kept {
    private final Around around;
    private final GroupNorm.Statistics first;
    private final INDArray inner;
    private final GroupNorm.Statistics second;

    Kept(Around around, GroupNorm.Statistics first, INDArray inner, GroupNorm.Statistics second) {
      this.around = around;
      this.first = first;
      this.inner = inner;
      this.second = second;
    }

    @Override
    public void backward(
        Pass pass, INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
      Area area = around.in();
      INDArray in = joined(pass, x, around, memory);
      INDArray dIn = dx == null || around.skip() == null ? dx : memory.temporary(in.shape());
      INDArray dInner = throughSecond(pass, area, dy, dIn != null, memory);
      if (dInner != null) {
        throughTime(pass, dInner, memory);
        throughFirst(pass, area, in, dInner, dIn, memory);
      }
      throughShortcut(pass, in, dy, dIn);
      if (dx != null && dIn != null && dIn != dx) {
        split(pass, dIn, dx);
      }
    }

    /** The gradient of conv1's result; null if nobody needs it. */
    private @Nullable INDArray throughSecond(
        Pass pass, Area area, INDArray dy, boolean below, CallMemory memory) {
      INDArray active = null;
      if (conv2.acts()) {
        active = memory.temporary(inner.shape());
        norm2.forwardActive(pass, inner, active, second);
      }
      boolean goOn = below || firstActs() || timeNeeds();
      boolean norm = goOn || norm2.acts();
      INDArray dActive = norm ? memory.temporary(inner.shape()) : null;
      conv2.backward(pass, area, active, dy, dActive, 0);
      if (dActive == null) {
        return null;
      }
      INDArray dInner = goOn ? memory.temporary(inner.shape()) : null;
      norm2.backwardActive(pass, inner, second, dActive, dInner, memory);
      return dInner;
    }

    private boolean firstActs() {
      return conv1.acts() || norm1.acts();
    }

    private boolean timeNeeds() {
      return time != null && (time.acts() || around.shared().time().gradientNeeded());
    }

    private void throughTime(Pass pass, INDArray dInner, CallMemory memory) {
      if (time == null || !timeNeeds()) {
        return;
      }
      Area area = around.in();
      INDArray sums = memory.temporary(area.batch(), dInner.size(1));
      for (long b = 0; b < area.batch(); b++) {
        pass.kernels().columnSums(picture(dInner, area, b), sums.getRow(b));
      }
      PicturePass.Shared embedding = around.shared().time();
      time.backward(pass, embedding.values(), sums, embedding.gradient(), 1);
    }

    private void throughFirst(
        Pass pass,
        Area area,
        INDArray in,
        INDArray dInner,
        @Nullable INDArray dIn,
        CallMemory memory) {
      if (dIn == null && !firstActs()) {
        return;
      }
      INDArray active = null;
      if (conv1.acts()) {
        active = memory.temporary(in.shape());
        norm1.forwardActive(pass, in, active, first);
      }
      boolean norm = dIn != null || norm1.acts();
      INDArray dActive = norm ? memory.temporary(in.shape()) : null;
      conv1.backward(pass, area, active, dInner, dActive, 0);
      if (dActive != null) {
        norm1.backwardActive(pass, in, first, dActive, dIn, memory);
      }
    }

    private void throughShortcut(Pass pass, INDArray in, INDArray dy, @Nullable INDArray dIn) {
      if (shortcut != null && (dIn != null || shortcut.acts())) {
        shortcut.backward(pass, in, dy, dIn, 1);
      } else if (dIn != null) {
        dIn.addi(dy);
      }
    }

    /** Divides the gradient among the stage below and the one that kept its result. */
    private void split(Pass pass, INDArray dIn, INDArray dx) {
      pass.kernels().copy(dIn.get(all(), interval(0, dx.size(1))), dx);
      PicturePass.Shared skip = around.skip();
      INDArray gradient = skip == null ? null : skip.gradient();
      if (gradient != null) {
        Area.rows(gradient).addi(dIn.get(all(), interval(dx.size(1), dIn.size(1))));
      }
    }
  }
}
