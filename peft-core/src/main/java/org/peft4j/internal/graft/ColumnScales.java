package org.peft4j.internal.graft;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.GainAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.internal.graft.Span.Acting;
import org.peft4j.memory.Scratch;

/** The vectors that scale a linear map's input and output features. */
final class ColumnScales {
  private final SiteGrafts site;

  ColumnScales(SiteGrafts site) {
    this.site = site;
  }

  boolean scaleInput() {
    return scalers(site.acting(), true).findAny().isPresent();
  }

  boolean scaleOutput(Pass pass) {
    return scalers(site.acting(), false).findAny().isPresent()
        || !gains(pass, site.acting()).isEmpty();
  }

  List<Acting<GainAdapter>> gains(Pass pass, List<Graft> grafts) {
    return Span.of(grafts, GainAdapter.class).filter(g -> g.adapter().hasGain(pass)).toList();
  }

  private static java.util.stream.Stream<Acting<ScalingAdapter>> scalers(
      List<Graft> grafts, boolean input) {
    return Span.of(grafts, ScalingAdapter.class).filter(s -> s.adapter().scalesInput() == input);
  }

  /** The product of all scales but that of {@code left}; null if there is none. */
  private static @Nullable INDArray product(
      List<Graft> grafts, boolean input, @Nullable Graft left) {
    INDArray product = null;
    for (Acting<ScalingAdapter> scaler : scalers(grafts, input).toList()) {
      if (scaler.graft() != left) {
        INDArray l = scaler.adapter().scale(scaler.graft().parameters());
        product = product == null ? l.dup('c') : product.muli(l);
      }
    }
    return product;
  }

  INDArray scaledInput(Pass pass, INDArray x) {
    if (!scaleInput()) {
      return x;
    }
    INDArray scaled = Scratch.of(x.dataType(), x.shape());
    for (Span span : site.spans(x.size(0))) {
      scale(pass, span.of(x), product(span.grafts(), true, null), span.of(scaled));
    }
    return scaled;
  }

  private static void scale(Pass pass, INDArray x, @Nullable INDArray l, INDArray y) {
    if (l != null) {
      pass.kernels().scaleColumns(x, l, y);
      Scratch.release(l);
    } else if (x != y) {
      y.assign(x);
    }
  }

  /** {@code y ← l ⊙ y + gain ⊙ (y − bias)}. */
  void scaleOutput(Pass pass, List<Graft> grafts, @Nullable INDArray bias, INDArray y) {
    INDArray gain = gain(pass, grafts);
    INDArray factor = factor(grafts, gain);
    if (factor == null) {
      return;
    }
    scale(pass, y, factor, y);
    if (gain != null && bias != null) {
      INDArray constant = gain.mul(bias.reshape(gain.shape())).negi();
      pass.kernels().addBias(y, constant);
      Scratch.release(constant);
    }
    if (gain != null) {
      Scratch.release(gain);
    }
  }

  private @Nullable INDArray gain(Pass pass, List<Graft> grafts) {
    INDArray sum = null;
    for (Acting<GainAdapter> acting : gains(pass, grafts)) {
      INDArray gain = acting.adapter().gain(pass, acting.graft().parameters());
      if (sum == null) {
        sum = gain;
      } else {
        sum.addi(gain);
        Scratch.release(gain);
      }
    }
    return sum;
  }

  /** {@code l + gain}: the factor of the frozen product; null if it is 1. */
  private static @Nullable INDArray factor(List<Graft> grafts, @Nullable INDArray gain) {
    INDArray l = product(grafts, false, null);
    if (gain == null) {
      return l;
    }
    return l == null ? gain.add(1) : l.addi(gain);
  }

  INDArray upstream(Pass pass, INDArray dy) {
    INDArray gain = gain(pass, site.acting());
    INDArray factor = factor(site.acting(), gain);
    if (gain != null) {
      Scratch.release(gain);
    }
    if (factor == null) {
      return dy;
    }
    INDArray scaled = Scratch.of(dy.dataType(), dy.shape());
    scale(pass, dy, factor, scaled);
    return scaled;
  }

  void inputGradient(Pass pass, INDArray x, INDArray dx) {
    INDArray sums = Scratch.of(x.dataType(), x.size(1));
    pass.kernels().columnSumsOfProduct(x, dx, sums);
    gradients(true, sums);
    Scratch.release(sums);
    scale(pass, dx, product(site.acting(), true, null), dx);
  }

  /** Writes the gradients of the output's scales, given Σ over rows of dy ⊙ (W·x + b). */
  void outputGradients(INDArray sums) {
    gradients(false, sums);
  }

  private void gradients(boolean input, INDArray sums) {
    for (Acting<ScalingAdapter> scaler : scalers(site.acting(), input).toList()) {
      INDArray gradient = scaler.adapter().scale(scaler.graft().gradients());
      INDArray others = product(site.acting(), input, scaler.graft());
      gradient.assign(sums);
      if (others != null) {
        gradient.muli(others);
        Scratch.release(others);
      }
    }
  }

  INDArray scaledBias(INDArray bias) {
    INDArray l = product(site.acting(), false, null);
    return l == null ? bias : l.reshape(bias.shape()).muli(bias);
  }

  void biasGradient(INDArray sum) {
    INDArray l = product(site.acting(), false, null);
    if (l != null) {
      sum.muli(l.reshape(sum.shape()));
      Scratch.release(l);
    }
  }
}
