package org.peft4j.onednn.internal.picture;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Convolution;
import org.peft4j.memory.ScratchScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Primitives;
import org.peft4j.onednn.internal.operation.Conversion;
import org.peft4j.onednn.internal.picture.ConvolutionKey.Pass;
import org.peft4j.onednn.internal.picture.ConvolutionKey.Weight;
import org.peft4j.onednn.internal.winograd.Winograd;

/**
 * Convolutions of dense pictures by dense weights, as {@link org.peft4j.kernel.Kernels} has them. A
 * weight lies in memory once, as its file has it; each call brings it into oneDNN's layout, which
 * costs little beside the convolution of a picture.
 */
public final class Convolutions {
  private Convolutions() {}

  /**
   * {@code y = W ∗ x + b + beta·y}, with beta 0 or 1.
   *
   * @param half whether to multiply in BFLOAT16
   */
  public static void forward(
      Convolution shape,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      boolean accumulate,
      INDArray y,
      boolean half) {
    if (!half && Winograd.pays(shape, shape.pictures(x.size(0)), x.size(1), y.size(1))) {
      Winograd.forward(shape, x, weight, bias, accumulate, y);
      return;
    }
    ConvolutionKey key =
        new ConvolutionKey(
            Pass.FORWARD,
            shape,
            shape.pictures(x.size(0)),
            x.size(1),
            y.size(1),
            bias != null,
            accumulate,
            half);
    try (ScratchScope scratch = new ScratchScope()) {
      long from = narrowed(x, half, scratch);
      long w = inItsLayout(key, weight, scratch);
      if (bias == null) {
        Primitives.of(key, ConvolutionKey::compile).run(from, w, Address.of(y));
      } else {
        Primitives.of(key, ConvolutionKey::compile).run(from, w, Address.of(y), Address.of(bias));
      }
    }
  }

  /** {@code dx = the gradient of x}, or adds it. */
  public static void inputGradient(
      Convolution shape,
      INDArray dy,
      INDArray weight,
      boolean accumulate,
      INDArray dx,
      boolean half) {
    if (!half && Winograd.pays(shape, shape.pictures(dx.size(0)), dx.size(1), dy.size(1))) {
      Winograd.inputGradient(shape, dy, weight, accumulate, dx);
      return;
    }
    ConvolutionKey key =
        new ConvolutionKey(
            Pass.INPUT_GRADIENT,
            shape,
            shape.pictures(dx.size(0)),
            dx.size(1),
            dy.size(1),
            false,
            false,
            half);
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray to = accumulate ? scratch.like(dx) : dx;
      long from = narrowed(dy, half, scratch);
      long w = inItsLayout(key, weight, scratch);
      Primitives.of(key, ConvolutionKey::compile).run(from, w, Address.of(to));
      if (accumulate) {
        dx.addi(to);
      }
    }
  }

  /** {@code dw = the gradient of W}. */
  public static void weightGradient(
      Convolution shape, INDArray x, INDArray dy, INDArray weightGradient) {
    ConvolutionKey key =
        new ConvolutionKey(
            Pass.WEIGHT_GRADIENT,
            shape,
            shape.pictures(x.size(0)),
            x.size(1),
            dy.size(1),
            false,
            false,
            false);
    try (ScratchScope scratch = new ScratchScope()) {
      long dw = Address.of(room(key, scratch));
      Primitives.of(key, ConvolutionKey::compile).run(Address.of(x), dw, Address.of(dy));
      Primitives.of(new Weight(key, false), Weight::compile).run(dw, Address.of(weightGradient));
    }
  }

  private static long narrowed(INDArray values, boolean half, ScratchScope scratch) {
    if (!half) {
      return Address.of(values);
    }
    INDArray narrow = scratch.array(DataType.BFLOAT16, values.shape());
    Conversion.run(values, narrow);
    return Address.of(narrow);
  }

  private static long inItsLayout(ConvolutionKey key, INDArray weight, ScratchScope scratch) {
    INDArray room = room(key, scratch);
    boolean stored = weight.dataType() == DataType.BFLOAT16;
    Primitives.of(new Weight(key, stored), Weight::compile)
        .run(Address.of(weight), Address.of(room));
    return Address.of(room);
  }

  private static INDArray room(ConvolutionKey key, ScratchScope scratch) {
    return scratch.array(DataType.FLOAT, (key.weightBytes() + Float.BYTES - 1) / Float.BYTES);
  }
}
