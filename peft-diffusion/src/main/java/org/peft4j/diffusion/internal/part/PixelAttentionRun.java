package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.transformers.internal.memory.CallMemory;

/** One attention between pixels: {@code x + attention(norm(x))}. */
final class PixelAttentionRun implements StageRun {
  private final GroupNorm norm;
  private final Attention attention;

  PixelAttentionRun(Stage.PixelAttention part, PictureModules modules) {
    this.norm = modules.groupNorm(part.norm());
    this.attention = new Attention(part.maps(), modules);
  }

  @Override
  public long channels(long input) {
    return input;
  }

  @Override
  public Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    GroupNorm.Statistics statistics = norm.statistics(around.in(), memory);
    INDArray normal = memory.temporary(x.shape());
    norm.forward(pass, x, normal, statistics);
    Mixer.Kept mixed = attention.forward(pass, normal, around, y, memory);
    if (y != null) {
      y.addi(x);
    }
    return (again, input, dy, dx, scratch) -> {
      INDArray once = null;
      if (attention.needsInput()) {
        once = scratch.temporary(input.shape());
        norm.forward(again, input, once, statistics);
      }
      INDArray dNormal = dx != null || norm.acts() ? scratch.temporary(input.shape()) : null;
      mixed.backward(again, once, dy, dNormal, scratch);
      if (dNormal != null) {
        norm.backward(again, input, statistics, dNormal, dx);
      }
      if (dx != null) {
        dx.addi(dy);
      }
    };
  }
}
