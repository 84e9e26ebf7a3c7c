package org.peft4j.bottleneck.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.bottleneck.Scaling;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * {@code z(x) = dropout(s·up(f(down(N(x)))))}: maps rows [rows, width] through [rows, bottleneck].
 *
 * @param norm N, if there is one
 */
record Bottleneck(
    Site site,
    long size,
    Optional<AdapterNorm> norm,
    Projection down,
    NonLinearity f,
    Projection up,
    Scaling scaling,
    double dropout) {
  private static final String SCALING = "scaling";

  List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    norm.ifPresent(n -> specs.addAll(n.parameters()));
    specs.addAll(down.parameters());
    specs.addAll(up.parameters());
    if (scaling.trained()) {
      long count = scaling.kind() == Scaling.Kind.CHANNEL ? site.outputs() : 1;
      specs.add(ParameterSpec.of(SCALING, (target, random) -> target.assign(1), count));
    }
    return specs;
  }

  private boolean drops(Pass pass) {
    return pass.training() && dropout > 0;
  }

  /** Whether z is more than a product with a constant. */
  private boolean reworked(Pass pass) {
    return scaling.trained() || drops(pass);
  }

  /** {@code y += z(x)}; y may be x. */
  void addTo(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray hidden = scratch.array(x.dataType(), x.size(0), size);
      INDArray inner = scratch.like(hidden);
      down.forward(pass, parameters, normed(pass, parameters, x, scratch), 1, 0, hidden);
      NonLinearFunction.apply(f, pass.kernels(), hidden, inner);
      if (!reworked(pass)) {
        up.forward(pass, parameters, inner, scaling.factor(), 1, y);
        return;
      }
      INDArray z = scratch.like(y);
      up.forward(pass, parameters, inner, scaling.factor(), 0, z);
      scale(pass, parameters, z);
      if (drops(pass)) {
        z.muli(scratch.mine(mask(pass, z)));
      }
      y.addi(z);
    }
  }

  private INDArray normed(Pass pass, Tensors parameters, INDArray x, ScratchScope scratch) {
    if (norm.isEmpty()) {
      return x;
    }
    INDArray normed = scratch.like(x);
    norm.get().forward(pass, parameters, x, normed);
    return normed;
  }

  private INDArray mask(Pass pass, INDArray z) {
    return DropoutMask.draw(pass, site, dropout, z.dataType(), z.shape());
  }

  /** Multiplies by the trained scaling, in place. */
  private void scale(Pass pass, Tensors parameters, INDArray z) {
    switch (scaling.kind()) {
      case NUMBER -> {}
      case LEARNED -> z.muli(parameters.get(SCALING));
      case CHANNEL -> pass.kernels().scaleColumns(z, parameters.get(SCALING), z);
    }
  }

  /**
   * Writes the gradients.
   *
   * @param x the input of the forward pass
   * @param dz the gradient of z, read before dx is written
   * @param dx the gradient of x, added to; may be dz; null if not needed
   */
  void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dz,
      Tensors gradients,
      @Nullable INDArray dx) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray seen = normed(pass, parameters, x, scratch);
      INDArray hidden = scratch.array(x.dataType(), x.size(0), size);
      INDArray inner = scratch.like(hidden);
      down.forward(pass, parameters, seen, 1, 0, hidden);
      NonLinearFunction.apply(f, pass.kernels(), hidden, inner);
      INDArray du = reworked(pass) ? ofUp(pass, parameters, inner, dz, gradients, scratch) : dz;
      INDArray dInner = scratch.like(inner);
      up.backward(pass, parameters, inner, du, scaling.factor(), gradients, 0, dInner);
      NonLinearFunction.gradient(f, pass.kernels(), hidden, inner, dInner);
      throughDown(pass, parameters, x, seen, dInner, gradients, dx, scratch);
    }
  }

  /**
   * The gradient of up's output, before scaling and dropout; writes the gradient of the scaling.
   */
  private INDArray ofUp(
      Pass pass,
      Tensors parameters,
      INDArray inner,
      INDArray dz,
      Tensors gradients,
      ScratchScope scratch) {
    INDArray du = scratch.like(dz).assign(dz);
    if (drops(pass)) {
      du.muli(scratch.mine(mask(pass, dz)));
    }
    if (scaling.trained()) {
      INDArray u = scratch.like(dz);
      up.forward(pass, parameters, inner, 1, 0, u);
      INDArray sums = scratch.array(dz.dataType(), dz.size(1));
      pass.kernels().columnSumsOfProduct(du, u, sums);
      boolean channel = scaling.kind() == Scaling.Kind.CHANNEL;
      INDArray target = gradients.get(SCALING);
      if (channel) {
        target.assign(sums);
      } else {
        target.assign(sums.sumNumber().doubleValue());
      }
      scale(pass, parameters, du);
    }
    return du;
  }

  private void throughDown(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray seen,
      INDArray dHidden,
      Tensors gradients,
      @Nullable INDArray dx,
      ScratchScope scratch) {
    if (norm.isEmpty() && dx != null) {
      down.backward(pass, parameters, seen, dHidden, 1, gradients, 1, dx);
      return;
    }
    INDArray dSeen = scratch.like(seen);
    down.backward(pass, parameters, seen, dHidden, 1, gradients, 0, dSeen);
    if (norm.isPresent()) {
      INDArray part = scratch.like(x);
      norm.get().backward(pass, parameters, x, dSeen, gradients, part);
      if (dx != null) {
        dx.addi(part);
      }
    }
  }
}
