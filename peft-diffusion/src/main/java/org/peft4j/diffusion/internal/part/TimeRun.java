package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.PicturePass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The embedding of time steps, {@code silu(two(silu(one(sinusoids(t)))))}, for all residual blocks.
 * They would each activate it; it is activated once.
 */
final class TimeRun implements StageRun {
  private static final float LOG_OF_LONGEST = (float) -Math.log(10_000);

  private final Stage.Time part;
  private final LinearModule one;
  private final LinearModule two;

  TimeRun(Stage.Time part, PictureModules modules) {
    this.part = part;
    this.one = modules.map(part.one().site());
    this.two = modules.map(part.two().site());
  }

  @Override
  public long channels(long input) {
    return input;
  }

  @Override
  public Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    if (y != null) {
      y.assign(x);
    }
    INDArray waves = sinusoids(around.shared().steps(), memory);
    INDArray inner = memory.kept(waves.size(0), part.one().outputs());
    one.forward(pass, waves, inner);
    INDArray active = active(pass, inner, memory);
    INDArray embedding = memory.kept(waves.size(0), part.two().outputs());
    two.forward(pass, active, embedding);
    if (y != null) {
      around.shared().setTime(active(pass, embedding, memory), one.acts() || two.acts());
    }
    return (again, input, dy, dx, scratch) -> {
      if (dx != null) {
        dx.assign(dy);
      }
      backward(again, around.shared(), inner, embedding, scratch);
    };
  }

  private static INDArray active(Pass pass, INDArray values, CallMemory memory) {
    INDArray active = memory.temporary(values.shape());
    pass.kernels().activation(Activation.SILU, values, active);
    return active;
  }

  private void backward(
      Pass pass, PicturePass shared, INDArray inner, INDArray embedding, CallMemory memory) {
    INDArray gradient = shared.time().gradient();
    if (gradient == null) {
      return;
    }
    pass.kernels().activationGradient(Activation.SILU, embedding, gradient, gradient);
    INDArray active = active(pass, inner, memory);
    INDArray dInner = one.acts() ? memory.temporary(inner.shape()) : null;
    two.backward(pass, active, gradient, dInner, 0);
    if (dInner != null) {
      pass.kernels().activationGradient(Activation.SILU, inner, dInner, dInner);
      one.backward(pass, sinusoids(shared.steps(), memory), dInner, null, 0);
    }
  }

  /** {@code sin(t·f), cos(t·f)} with {@code f = 10000^(−i/(half − shift))}, in single precision. */
  private INDArray sinusoids(INDArray steps, CallMemory memory) {
    int width = (int) part.one().inputs();
    int half = width / 2;
    int batch = (int) steps.length();
    float[] values = new float[batch * width];
    for (int b = 0; b < batch; b++) {
      float step = steps.getFloat(b);
      for (int i = 0; i < half; i++) {
        float exponent = LOG_OF_LONGEST * i / (float) (half - part.shift());
        float angle = step * (float) Math.exp(exponent);
        int sine = part.cosinesFirst() ? half + i : i;
        int cosine = part.cosinesFirst() ? i : half + i;
        values[b * width + sine] = (float) Math.sin(angle);
        values[b * width + cosine] = (float) Math.cos(angle);
      }
    }
    return memory.values(values, batch, width);
  }
}
