package org.peft4j.lora.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** What every change of a weight must hold to, in double precision. */
public final class Changes {
  private static final int ROWS = 3;
  private static final double TOLERANCE = 1e-12;

  private Changes() {}

  /** A pass in which nothing trains. */
  public static Pass inference() {
    return new Pass(new Nd4jKernels(), false, 0);
  }

  /** A pass of training whose masks follow from a seed. */
  public static Pass training(long seed) {
    return new Pass(new Nd4jKernels(), true, seed);
  }

  /** ΔW of that shape. */
  public static INDArray of(Adapter adapter, Pass pass, Tensors values, long... shape) {
    INDArray weight = Values.zeros(shape);
    ((WeightAdapter) adapter).addDelta(pass, values, weight);
    return weight;
  }

  /** What the adapter adds to y beside a linear map. */
  public static INDArray beside(Adapter adapter, Pass pass, Tensors values, INDArray x) {
    INDArray y = Values.zeros(x.size(0), adapter.site().outputs());
    ((LinearAdapter) adapter).forward(pass, values, x, y);
    return y;
  }

  /** Both arrays are equal but for rounding. */
  public static void assertNear(INDArray actual, INDArray expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.distance2(expected))
        .as("%s%nis not%n%s", actual, expected)
        .isLessThanOrEqualTo(TOLERANCE * (1 + expected.norm2Number().doubleValue()));
  }

  /** Beside the map, {@code x·ΔWᵀ} is added to what is in y. */
  public static void assertAddsTheChange(Adapter adapter, Tensors values) {
    long outputs = adapter.site().outputs();
    INDArray x = Values.random(91, ROWS, adapter.site().inputs());
    INDArray before = Values.random(92, ROWS, outputs);
    INDArray y = before.dup('c');

    ((LinearAdapter) adapter).forward(inference(), values, x, y);

    INDArray delta = of(adapter, inference(), values, outputs, adapter.site().inputs());
    assertNear(y, before.add(x.mmul(delta.transpose())));
  }

  /** The gradients of the tensors and of x are slopes; that of x is added to what is in dx. */
  public static void assertSlopesBeside(Adapter adapter, Pass pass, Tensors values) {
    INDArray x = Values.random(93, ROWS, adapter.site().inputs());
    INDArray dy = Values.random(94, ROWS, adapter.site().outputs());
    INDArray others = Values.random(95, ROWS, adapter.site().inputs());
    INDArray dx = others.dup('c');
    Tensors gradients = Values.room(values);

    ((LinearAdapter) adapter).backward(pass, values, x, dy, gradients, dx);

    Map<String, INDArray> all = new LinkedHashMap<>(values.asMap());
    all.put("x", x);
    Map<String, INDArray> slopes = new LinkedHashMap<>(gradients.asMap());
    slopes.put("x", dx.sub(others));
    CentralDifferences.assertGradients(
        new Tensors(all),
        new Tensors(slopes),
        () -> Values.inner(beside(adapter, pass, values, x), dy));

    Tensors again = Values.room(values);
    ((LinearAdapter) adapter).backward(pass, values, x, dy, again, null);
    assertThat(again.asMap())
        .as("gradients where nobody asks for that of x")
        .isEqualTo(gradients.asMap());
  }

  /** Given ∂L/∂W', the gradients of the tensors are slopes. */
  public static void assertSlopesOfWeight(
      Adapter adapter, Pass pass, Tensors values, long... shape) {
    INDArray dw = Values.random(96, shape);
    Tensors gradients = Values.room(values);

    ((WeightAdapter) adapter).deltaGradient(pass, values, dw, gradients);

    CentralDifferences.assertGradients(
        values, gradients, () -> Values.inner(of(adapter, pass, values, shape), dw));
  }
}
