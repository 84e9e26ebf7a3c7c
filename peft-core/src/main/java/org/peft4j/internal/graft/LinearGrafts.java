package org.peft4j.internal.graft;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.GainAdapter;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.internal.graft.Span.Acting;
import org.peft4j.kernel.RowProduct;
import org.peft4j.memory.Scratch;

/**
 * The grafts on a linear map: {@code y = l ⊙ (W·(k ⊙ x) + b) + Σ gain ⊙ W·(k ⊙ x) + Σ part(x)},
 * with the products l and k of all {@link org.peft4j.adapter.ScalingAdapter} vectors, the gains of
 * {@link GainAdapter}s, and the parts of {@link LinearAdapter}s. The module that has the frozen map
 * computes {@code W·x + b} and calls, in this order, {@link #input} and {@link #output} forward,
 * and {@link #upstream}, {@link #inputGradient} and {@link #backward} backward.
 */
public final class LinearGrafts {
  private final SiteGrafts site;
  private final ColumnScales scales;

  public LinearGrafts(SiteGrafts site) {
    this.site = site;
    this.scales = new ColumnScales(site);
  }

  /** The frozen map's input: x [rows, in] itself, or a scaled copy. */
  public INDArray input(Pass pass, INDArray x) {
    return scales.scaledInput(pass, x);
  }

  /** Whether the forward pass records here what the backward pass needs. */
  public boolean records(Pass pass) {
    return site.acts()
        && (scales.scaleOutput(pass)
            || site.acting().stream()
                .anyMatch(graft -> graft.adapter() instanceof LinearAdapter a && a.records(pass)));
  }

  /**
   * Turns the frozen map's output into the adapted one.
   *
   * @param bias the bias in y, [out]; null if there is none
   * @param x [rows, in], not scaled
   * @param y the frozen map's output of {@link #input} [rows, out], changed in place
   */
  public void output(Pass pass, @Nullable INDArray bias, INDArray x, INDArray y) {
    if (!site.acts()) {
      return;
    }
    if (pass.product() == RowProduct.PLAIN) {
      site.observe(x);
    }
    if (pass.tape().recording() && scales.scaleOutput(pass)) {
      pass.tape().record(site.site().name(), y.shape()).assign(y);
    }
    for (Span span : site.spans(y.size(0))) {
      INDArray rows = span.of(y);
      scales.scaleOutput(pass, span.grafts(), bias, rows);
      addParts(pass, span, span.within(y.size(0), x), rows);
    }
  }

  private static void addParts(Pass pass, Span span, INDArray x, INDArray y) {
    for (Graft graft : span.grafts()) {
      if (graft.adapter() instanceof LinearAdapter adapter) {
        adapter.forward(pass, graft.parameters(), x, y);
      } else if (graft.adapter() instanceof WeightAdapter adapter) {
        WholeDelta.forward(pass, adapter, graft.parameters(), x, y);
      }
    }
  }

  /**
   * The gradient of the frozen product: dy [rows, out] itself, or a scaled copy for the caller to
   * {@link Scratch#release}.
   */
  public INDArray upstream(Pass pass, INDArray dy) {
    return scales.upstream(pass, dy);
  }

  /** Whether the frozen map's input is scaled, so that {@link #inputGradient} must be called. */
  public boolean scalesInput() {
    return scales.scaleInput();
  }

  /**
   * Writes the gradients of the scales of the input, and scales its gradient.
   *
   * @param x [rows, in], not scaled
   * @param dx the gradient of {@link #input}'s result; in place, that of x
   */
  public void inputGradient(Pass pass, INDArray x, INDArray dx) {
    scales.inputGradient(pass, x, dx);
  }

  /** The bias as the output's scales make it: itself, or a scaled copy. */
  public INDArray bias(INDArray bias) {
    return scales.scaledBias(bias);
  }

  /** The gradient of the frozen bias, given Σ over rows of dy, in place: that of the scaled one. */
  public void biasGradient(INDArray sum) {
    scales.biasGradient(sum);
  }

  /**
   * Writes the gradients of all grafts but scales of the input.
   *
   * @param bias the bias given to {@link #output}
   * @param x the input of the forward pass [rows, in], not scaled
   * @param dy the gradient of the output [rows, out]
   * @param dx the gradient of x, to add the parts' to; null if not needed
   * @param later b ⊙ Σ of its gradient, [out], where b is added after {@link #output}; else null
   */
  public void backward(
      Pass pass,
      @Nullable INDArray bias,
      INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray later) {
    for (Graft graft : site.acting()) {
      if (graft.adapter() instanceof LinearAdapter adapter) {
        adapter.backward(pass, graft.parameters(), x, dy, graft.gradients(), dx);
      } else if (graft.adapter() instanceof WeightAdapter adapter) {
        WholeDelta.backward(pass, adapter, graft, x, dy, dx);
      }
    }
    if (site.acts() && scales.scaleOutput(pass)) {
      INDArray base = pass.tape().read(site.site().name());
      INDArray sums = Scratch.of(dy.dataType(), dy.size(1));
      pass.kernels().columnSumsOfProduct(dy, base, sums);
      scales.outputGradients(later == null ? sums : sums.add(later.reshape(sums.shape())));
      gainGradients(pass, bias, dy, sums);
      Scratch.release(sums);
    }
  }

  private void gainGradients(Pass pass, @Nullable INDArray bias, INDArray dy, INDArray sums) {
    List<Acting<GainAdapter>> gains = scales.gains(pass, site.acting());
    if (gains.isEmpty()) {
      return;
    }
    if (bias != null) {
      INDArray dySums = Scratch.of(dy.dataType(), dy.size(1));
      pass.kernels().columnSums(dy, dySums);
      sums.subi(dySums.muli(bias.reshape(dySums.shape())));
      Scratch.release(dySums);
    }
    for (Acting<GainAdapter> gain : gains) {
      gain.adapter().gainBackward(pass, gain.graft().parameters(), sums, gain.graft().gradients());
    }
  }
}
