package org.peft4j.lora.internal.lokr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.lora.internal.Changes.assertNear;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.memory.ScratchScope;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** The Kronecker product of w1 [2, 2] and w2 [3, 2], and its product with rows. */
class KroneckerTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final Kronecker PRODUCT = new Kronecker(new Divisors(2, 3), new Divisors(2, 2));

  private final ScratchScope scratch = new ScratchScope();
  private final INDArray w1 = Values.random(1, 2, 2);
  private final INDArray w2 = Values.random(2, 3, 2);

  @AfterEach
  void close() {
    scratch.close();
  }

  @Test
  void everyEntryOfTheFirstIsMultipliedWithTheWholeSecond() {
    INDArray first = Nd4j.createFromArray(new double[][] {{1, 0}, {10, -1}});
    INDArray second = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}, {5, 6}});

    assertThat(PRODUCT.whole(first, second, scratch))
        .isEqualTo(
            Nd4j.createFromArray(
                new double[][] {
                  {1, 2, 0, 0},
                  {3, 4, 0, 0},
                  {5, 6, 0, 0},
                  {10, 20, -1, -2},
                  {30, 40, -3, -4},
                  {50, 60, -5, -6}
                }));
  }

  /** Behind each input channel are the positions of the kernel. */
  @Test
  void aKernelStaysBehindTheColumnsOfTheSecond() {
    INDArray kernel = Values.random(3, 3, 2 * 5);

    INDArray whole = PRODUCT.whole(w1, kernel, scratch);

    assertThat(whole.shape()).containsExactly(6, 20);
    assertThat(whole.getDouble(4, 13)).isEqualTo(w1.getDouble(1, 1) * kernel.getDouble(1, 3));
  }

  @Test
  void itsProductWithRowsNeedsNoWhole() {
    INDArray x = Values.random(4, 5, 4);

    INDArray y = PRODUCT.outer(KERNELS, w1, PRODUCT.inner(KERNELS, w2, x, scratch), scratch);

    assertNear(y, x.mmul(PRODUCT.whole(w1, w2, scratch).transpose()));
  }

  @Test
  void gradientsOfTheProductWithRowsAreSlopes() {
    INDArray x = Values.random(4, 5, 4);
    INDArray dy = Values.random(5, 5, 6);
    INDArray dw1 = Values.zeros(2, 2);
    INDArray dw2 = Values.zeros(3, 2);

    INDArray dx = PRODUCT.backward(KERNELS, w1, w2, x, dy, dw1, dw2, scratch);

    CentralDifferences.assertGradients(
        new Tensors(Map.of("w1", w1, "w2", w2, "x", x)),
        new Tensors(Map.of("w1", dw1, "w2", dw2, "x", dx)),
        () -> Values.inner(x.mmul(PRODUCT.whole(w1, w2, scratch).transpose()), dy));
  }

  @Test
  void gradientsOfTheWholeAreSlopes() {
    INDArray dWhole = Values.random(6, 6, 4);
    INDArray dw1 = Values.zeros(2, 2);
    INDArray dw2 = Values.zeros(3, 2);

    PRODUCT.wholeGradient(w1, w2, dWhole, dw1, dw2, scratch);

    CentralDifferences.assertGradients(
        new Tensors(Map.of("w1", w1, "w2", w2)),
        new Tensors(Map.of("w1", dw1, "w2", dw2)),
        () -> Values.inner(PRODUCT.whole(w1, w2, scratch), dWhole));
  }
}
