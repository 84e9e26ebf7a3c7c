package org.peft4j.internal.graft;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.internal.graft.Span.Acting;
import org.peft4j.memory.Scratch;

/**
 * The grafts that change a weight: {@code W' = l ⊙ W + Σ ΔW}, {@code b' = l ⊙ b + Σ Δb}, where l
 * scales the output (the weight's first dimension) or the input (its second).
 */
public final class WeightGrafts {
  private final List<Graft> acting;

  public WeightGrafts(SiteGrafts site) {
    this(site.acting());
  }

  /** For grafts that act in any case. */
  public WeightGrafts(List<Graft> acting) {
    this.acting = acting;
  }

  private List<Acting<ScalingAdapter>> scalers() {
    return Span.of(acting, ScalingAdapter.class).toList();
  }

  /** Whether the bias changes with the weight. */
  public boolean scaleBias() {
    return scalers().stream().anyMatch(s -> !s.adapter().scalesInput());
  }

  /**
   * Changes a weight and its bias in place.
   *
   * @param weight in {@link WeightAdapter}'s shape
   * @param bias [out], of any shape; null if there is none
   */
  public void apply(Pass pass, INDArray weight, @Nullable INDArray bias) {
    for (Acting<ScalingAdapter> scaler : scalers()) {
      INDArray l = scaler.adapter().scale(scaler.graft().parameters());
      boolean input = scaler.adapter().scalesInput();
      multiply(weight, l, input ? 1 : 0);
      if (bias != null && !input) {
        bias.muli(l.reshape(bias.shape()));
      }
    }
    Span.of(acting, WeightAdapter.class)
        .forEach(
            w -> {
              w.adapter().addDelta(pass, w.graft().parameters(), weight);
              if (bias != null) {
                w.adapter().addBiasDelta(w.graft().parameters(), bias);
              }
            });
  }

  private static void multiply(INDArray weight, INDArray l, int dimension) {
    Nd4j.getExecutioner().exec(new BroadcastMulOp(weight, l, weight, dimension));
  }

  /**
   * Writes the gradients of all acting grafts.
   *
   * @param weight the frozen weight
   * @param bias the frozen bias; null if there is none
   * @param weightGradient ∂L/∂W'
   * @param biasGradient ∂L/∂b'; null if there is none
   */
  public void backward(
      Pass pass,
      INDArray weight,
      @Nullable INDArray bias,
      INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    for (Acting<ScalingAdapter> scaler : scalers()) {
      scaleGradient(scaler, weight, bias, weightGradient, biasGradient);
    }
    Span.of(acting, WeightAdapter.class)
        .forEach(
            w ->
                w.adapter()
                    .deltaGradient(
                        pass, w.graft().parameters(), weightGradient, w.graft().gradients()));
  }

  private void scaleGradient(
      Acting<ScalingAdapter> scaler,
      INDArray weight,
      @Nullable INDArray bias,
      INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    boolean input = scaler.adapter().scalesInput();
    INDArray product = weightGradient.dup('c').muli(weight);
    INDArray biasProduct =
        bias == null || biasGradient == null || input
            ? null
            : biasGradient.dup('c').muli(bias.reshape(biasGradient.shape()));
    for (Acting<ScalingAdapter> other : scalers()) {
      if (other.graft() != scaler.graft()) {
        INDArray l = other.adapter().scale(other.graft().parameters());
        multiply(product, l, other.adapter().scalesInput() ? 1 : 0);
        if (biasProduct != null && !other.adapter().scalesInput()) {
          biasProduct.muli(l.reshape(biasProduct.shape()));
        }
      }
    }
    INDArray target = scaler.adapter().scale(scaler.graft().gradients());
    target.assign(product.sum(allBut(product.rank(), input ? 1 : 0)));
    if (biasProduct != null) {
      target.addi(biasProduct.reshape(target.shape()));
      Scratch.release(biasProduct);
    }
    Scratch.release(product);
  }

  private static int[] allBut(int rank, int dimension) {
    return java.util.stream.IntStream.range(0, rank).filter(d -> d != dimension).toArray();
  }
}
