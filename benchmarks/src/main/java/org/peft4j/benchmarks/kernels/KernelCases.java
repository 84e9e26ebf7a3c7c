package org.peft4j.benchmarks.kernels;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;

/**
 * The kernels of a training step: products in the shapes of GPT-2 124M with 512 tokens and of
 * TinyLlama with 256, and the row-wise ones of both.
 */
final class KernelCases {
  static final String HALF_PRODUCT = "matmul-bf16";
  private static final int TOKENS = 512;
  private static final int WIDTH = 768;
  private static final int VOCABULARY = 50257;

  private KernelCases() {}

  static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>();
    cases.add(product(TOKENS, WIDTH, WIDTH));
    cases.add(product(TOKENS, WIDTH, 4L * WIDTH));
    cases.add(product(TOKENS, WIDTH, VOCABULARY));
    cases.add(product(TOKENS, WIDTH, 8));
    cases.add(product(TOKENS, 8, WIDTH));
    cases.add(product(256, 2048, 5632));
    cases.add(halfProduct(TOKENS, WIDTH, 4L * WIDTH));
    cases.add(halfProduct(TOKENS, WIDTH, VOCABULARY));
    cases.add(halfProduct(256, 2048, 5632));
    cases.add(gelu(TOKENS, 4L * WIDTH));
    cases.add(geluGradient(TOKENS, 4L * WIDTH));
    cases.addAll(NormCases.all());
    cases.addAll(AttentionCases.all());
    cases.add(crossEntropy(TOKENS, VOCABULARY));
    return cases;
  }

  static KernelCase named(String name) {
    return all().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
  }

  /** {@code x·Wᵀ}, W as Llama stores it. */
  private static KernelCase product(long rows, long in, long out) {
    return new KernelCase(
        "matmul %dx%dx%d".formatted(rows, in, out),
        2.0 * rows * in * out,
        floats(rows * in + in * out + rows * out),
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, in);
          INDArray weight = arrays.random(out, in);
          INDArray y = arrays.zeros(rows, out);
          return () -> kernels.matmul(x, false, weight, true, 1, 0, y);
        });
  }

  /** The same with a weight in BFLOAT16. */
  private static KernelCase halfProduct(long rows, long in, long out) {
    return new KernelCase(
        HALF_PRODUCT + " %dx%dx%d".formatted(rows, in, out),
        2.0 * rows * in * out,
        floats(rows * in + rows * out) + (double) in * out * Short.BYTES,
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, in);
          INDArray weight = arrays.randomHalf(out, in);
          INDArray y = arrays.zeros(rows, out);
          return () -> kernels.matmul(x, false, weight, true, 1, 0, y);
        });
  }

  private static KernelCase gelu(long rows, long width) {
    return rowWise(
        "gelu",
        rows,
        width,
        2,
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, width);
          INDArray y = arrays.zeros(rows, width);
          return () -> kernels.activation(Activation.GELU_TANH, x, y);
        });
  }

  private static KernelCase geluGradient(long rows, long width) {
    return rowWise(
        "geluGradient",
        rows,
        width,
        3,
        (kernels, arrays) -> {
          INDArray x = arrays.random(rows, width);
          INDArray dy = arrays.random(rows, width);
          INDArray dx = arrays.zeros(rows, width);
          return () -> kernels.activationGradient(Activation.GELU_TANH, x, dy, dx);
        });
  }

  /** Overwrites its input with a gradient repeatedly; the values stay finite. */
  private static KernelCase crossEntropy(int rows, long width) {
    return rowWise(
        "crossEntropy",
        rows,
        width,
        2,
        (kernels, arrays) -> {
          INDArray logits = arrays.random(rows, width);
          INDArray losses = arrays.zeros(rows);
          int[] labels = new int[rows];
          return () -> kernels.crossEntropy(logits, labels, 1.0 / rows, losses);
        });
  }

  /**
   * A case that memory limits.
   *
   * @param matrices the number of matrices of that shape that a call reads or writes
   */
  static KernelCase rowWise(
      String kernel, long rows, long width, int matrices, KernelCase.Preparation preparation) {
    return new KernelCase(
        "%s %dx%d".formatted(kernel, rows, width), 0, floats(matrices * rows * width), preparation);
  }

  static double floats(long count) {
    return (double) count * Float.BYTES;
  }
}
