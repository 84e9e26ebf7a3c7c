package org.peft4j.lora.internal.deltalora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.internal.Changes;
import org.peft4j.lora.internal.lowrank.LoraEmbedding;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** Delta-LoRA: W follows B·A, by λ·s times its change in each step. s is 0.5 and λ 3 here. */
class DeltaLoraTest {
  private static final double SCALE = 0.5;
  private static final double RATIO = 3;
  private static final Site LINEAR = Site.linear("proj", "proj", 4, 3, List.of());
  private static final Site TABLE = Site.embedding("wte", "wte", 4, 3, List.of());
  private static final Site KERNEL = Site.convolution("conv", "conv", 2, 3, List.of(2L), List.of());

  private static Adapter adapter(Site site, double ratio) {
    DeltaLoraConfig config = DeltaLoraConfig.builder().rank(2).alpha(1).ratio(ratio).build();
    return new DeltaLoraMethod()
        .inject(site, config, Frozen.nothing().injection(site))
        .orElseThrow();
  }

  private static INDArray product(Tensors values) {
    return values.get(LoraLinear.B).mmul(values.get(LoraLinear.A));
  }

  /**
   * Equation 5 of the paper, followed for five steps of gradient descent on {@code ⟨W', T⟩}: {@code
   * W ← W + λ·s·(B'·A' − B·A)} beside {@code s·B·A}.
   */
  @Test
  void stepsOfTheFrozenWeightTelescope() {
    LinearAdapter adapter = (LinearAdapter) adapter(LINEAR, RATIO);
    INDArray frozen = Values.random(1, 3, 4);
    INDArray target = Values.random(2, 3, 4);
    Tensors values = Values.first(3, adapter.parameters());
    assertThat(product(values)).isEqualTo(Values.zeros(3, 4));
    Tensors gradients = Values.room(values);

    INDArray followed = frozen.dup();
    for (int step = 0; step < 5; step++) {
      INDArray before = product(values);
      ((WeightAdapter) adapter).deltaGradient(training(1), values, target, gradients);
      values.asMap().forEach((name, tensor) -> tensor.subi(gradients.get(name).mul(0.3)));
      followed.addi(product(values).sub(before).mul(RATIO * SCALE));
    }

    INDArray merged = frozen.add(Changes.of(adapter, inference(), values, 3, 4));
    assertThat(product(values).norm2Number().doubleValue()).isGreaterThan(0.1);
    assertNear(merged, followed.add(product(values).mul(SCALE)));
  }

  @Test
  void besideTheMapItIsTheChangeOfItsWeight() {
    Adapter adapter = adapter(LINEAR, RATIO);

    Changes.assertAddsTheChange(adapter, Values.random(1, adapter.parameters()));
  }

  /** A and B get the gradients of s·B·A, which are 1/(1 + λ) of those of all that acts. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 3})
  void onlyBTimesATrainsAndTheInputSeesAll(double ratio) {
    LinearAdapter adapter = (LinearAdapter) adapter(LINEAR, ratio);
    Tensors values = Values.random(4, adapter.parameters());
    INDArray x = Values.random(5, 3, 4);
    INDArray dy = Values.random(6, 3, 3);
    Tensors gradients = Values.room(values);
    INDArray dx = Values.zeros(3, 4);

    adapter.backward(training(1), values, x, dy, gradients, dx);

    INDArray dw = dy.transpose().mmul(x).mul(SCALE);
    assertNear(gradients.get(LoraLinear.A), values.get(LoraLinear.B).transpose().mmul(dw));
    assertNear(gradients.get(LoraLinear.B), dw.mmul(values.get(LoraLinear.A).transpose()));
    assertNear(dx, dy.mmul(product(values)).mul(SCALE * (1 + ratio)));
  }

  @Test
  void withARatioOfZeroItIsLora() {
    Adapter linear = adapter(LINEAR, 0);
    Adapter kernel = adapter(KERNEL, 0);

    Changes.assertSlopesBeside(linear, training(1), Values.random(1, linear.parameters()));
    Changes.assertSlopesOfWeight(
        kernel, training(1), Values.random(1, kernel.parameters()), 3, 2, 2);
  }

  @Test
  void aTablesRowsFollowToo() {
    EmbeddingAdapter adapter = (EmbeddingAdapter) adapter(TABLE, RATIO);
    Tensors values = Values.random(7, adapter.parameters());
    int[] ids = {3, 1, 3};
    INDArray y = Values.zeros(3, 3);
    Tensors gradients = Values.room(values);
    Tensors ofLora = Values.room(values);

    adapter.forward(training(1), values, ids, y);
    adapter.backward(training(1), values, ids, y, gradients);
    ((EmbeddingAdapter) adapter(TABLE, 0)).backward(training(1), values, ids, y, ofLora);

    assertNear(y, Nd4j.pullRows(Changes.of(adapter, inference(), values, 4, 3), 1, ids));
    assertNear(
        Changes.of(adapter, inference(), values, 4, 3),
        values
            .get(LoraEmbedding.B)
            .mmul(values.get(LoraEmbedding.A))
            .transpose()
            .mul(SCALE * (1 + RATIO)));
    assertThat(gradients.asMap()).isEqualTo(ofLora.asMap());
  }

  @Test
  void aKernelsGradientsAreThoseOfTheShareThatTrains() {
    WeightAdapter adapter = (WeightAdapter) adapter(KERNEL, RATIO);
    Tensors values = Values.random(8, adapter.parameters());
    INDArray dw = Values.random(9, 3, 2, 2);
    Tensors gradients = Values.room(values);

    adapter.deltaGradient(training(1), values, dw, gradients);

    // ⟨B, ∂L/∂B⟩ = ⟨s·B·A, ∂L/∂W'⟩, of which the change has (1 + λ) times.
    double share = Values.inner(values.get(LoraLinear.B), gradients.get(LoraLinear.B));
    double whole = Values.inner(Changes.of(adapter, inference(), values, 3, 2, 2), dw);
    assertThat(whole).isCloseTo((1 + RATIO) * share, within(1e-12));
  }
}
