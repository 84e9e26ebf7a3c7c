package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;
import org.peft4j.onednn.internal.RowTasks;

/**
 * Activations of so few numbers, as in decoding one token after the other, that handing them to
 * threads and back would take longer. They are those of the form {@code x·σ(a·x + b·x³)}.
 */
public final class FewNumbers {
  /** The most numbers. */
  private static final int MOST = 1 << 15;

  /** {@code 2·√(2/π)}: {@code ½·(1 + tanh(z)) = σ(2z)}. */
  private static final float TANH = 1.5957692f;

  private static final float CUBE = 0.044715f;

  private FewNumbers() {}

  /** Whether {@link #gated} takes these, which are dense. */
  public static boolean possible(Activation f, INDArray x) {
    return VectorUnit.PRESENT
        && x.length() <= MOST
        && (f == Activation.SILU || f == Activation.QUICK_GELU || f == Activation.GELU_TANH);
  }

  /** {@code y = f(x)}. */
  public static void apply(Activation f, INDArray x, INDArray y) {
    int count = (int) x.length();
    float[] values = new float[Exponential.room(count)];
    RowTasks.floats(x).get(0, values, 0, count);
    apply(f, values);
    RowTasks.floats(y).put(0, values, 0, count);
  }

  /** {@code y = f(gate) ⊙ up}. */
  public static void gated(Activation f, INDArray gate, INDArray up, INDArray y) {
    int count = (int) gate.length();
    float[] values = new float[Exponential.room(count)];
    float[] factors = new float[count];
    FloatBuffer out = RowTasks.floats(y);
    RowTasks.floats(gate).get(0, values, 0, count);
    RowTasks.floats(up).get(0, factors);
    apply(f, values);
    for (int i = 0; i < count; i++) {
      values[i] *= factors[i];
    }
    out.put(0, values, 0, count);
  }

  private static void apply(Activation f, float[] x) {
    boolean tanh = f == Activation.GELU_TANH;
    float a = tanh ? TANH : f == Activation.QUICK_GELU ? (float) Activation.QUICK : 1;
    float b = tanh ? TANH * CUBE : 0;
    Exponential.gate(x, a, b);
  }
}
