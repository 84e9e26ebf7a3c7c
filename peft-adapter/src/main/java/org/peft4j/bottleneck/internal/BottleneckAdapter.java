package org.peft4j.bottleneck.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.SublayerAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.bottleneck.ConnectionStart;
import org.peft4j.bottleneck.Connections;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * A bottleneck adapter at one place, with the order of operations in {@link Connections}.
 *
 * @param identity the key of the whole adapter
 * @param normAfter the normalisation after the adapter's part, if there is one
 * @param rule the rule of all places, if there is one
 */
record BottleneckAdapter(
    Site site,
    Object identity,
    Connections connections,
    Bottleneck bottleneck,
    Optional<AdapterNorm> normAfter,
    Optional<PhmRule> rule)
    implements SublayerAdapter {
  /** The key of the sub-layer's recorded output. */
  private record Output(Object identity, String site) {}

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    rule.filter(PhmRule::here).ifPresent(r -> specs.add(r.parameter()));
    specs.addAll(bottleneck.parameters());
    normAfter.ifPresent(n -> specs.addAll(n.parameters()));
    return specs;
  }

  @Override
  public boolean exchanges() {
    return rule.flatMap(PhmRule::sharedBy).isPresent();
  }

  @Override
  public String key(ParameterSpec parameter) {
    return parameter.name().equals(PhmRule.SHARED)
        ? "base_model.model.shared_parameters." + PhmRule.SHARED
        : SublayerAdapter.super.key(parameter);
  }

  @Override
  public void forward(Pass pass, Tensors parameters, @Nullable INDArray residual, INDArray y) {
    rule.ifPresent(r -> r.announce(pass, parameters));
    if (pass.tape().recording() && !connections.parallel()) {
      pass.tape().record(new Output(identity, site.name()), y.shape()).assign(y);
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray seen = seen(residual, y, scratch);
      if (normAfter.isEmpty()) {
        bottleneck.addTo(pass, parameters, seen, y);
      } else {
        INDArray part = part(pass, parameters, residual, y, seen, scratch);
        INDArray normed = scratch.like(y);
        normAfter.get().forward(pass, parameters, part, normed);
        if (normalisesConnection()) {
          y.assign(normed);
        } else {
          y.addi(normed);
        }
      }
    }
    addTimes(residualAtEnd(), residual, y);
  }

  /** Whether the connection is normalised with the adapter's part. */
  private boolean normalisesConnection() {
    return connections.lnAfter() && connections.adapterResidualBeforeLn();
  }

  /** The factor of x in the connection. */
  private int residualInConnection() {
    return connections.originalLnBefore()
            && connections.residualBeforeLn() != ConnectionStart.OUTPUT
        ? 1
        : 0;
  }

  /** The factor of x to add to y at the end. */
  private int residualAtEnd() {
    int connection = normalisesConnection() ? 0 : residualInConnection();
    return connection - (connections.originalLnAfter() ? 0 : 1);
  }

  /** The input of the adapter's first projection, or of the normalisation before it. */
  private INDArray seen(@Nullable INDArray residual, INDArray y, ScratchScope scratch) {
    if (connections.parallel()) {
      return present(residual);
    }
    return connections.originalLnBefore() && residual != null
        ? y.add(residual, scratch.like(y))
        : y;
  }

  private INDArray present(@Nullable INDArray residual) {
    if (residual == null) {
      throw new IllegalStateException("Nothing goes past " + site.name() + ".");
    }
    return residual;
  }

  /** The input of the normalisation after the adapter. */
  private INDArray part(
      Pass pass,
      Tensors parameters,
      @Nullable INDArray residual,
      INDArray y,
      INDArray seen,
      ScratchScope scratch) {
    INDArray part = scratch.like(y);
    if (normalisesConnection()) {
      part.assign(y);
      addTimes(residualInConnection(), residual, part);
    } else {
      part.assign(0);
    }
    bottleneck.addTo(pass, parameters, seen, part);
    return part;
  }

  private static void addTimes(int times, @Nullable INDArray x, @Nullable INDArray target) {
    if (x == null || target == null || times == 0) {
      return;
    }
    if (times > 0) {
      target.addi(x);
    } else {
      target.subi(x);
    }
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      @Nullable INDArray residual,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dResidual) {
    addTimes(residualAtEnd(), dy, dResidual);
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray y =
          connections.parallel() ? dy : pass.tape().read(new Output(identity, site.name()));
      INDArray seen = seen(residual, y, scratch);
      INDArray dz = dy;
      if (normAfter.isPresent()) {
        INDArray part = part(pass, parameters, residual, y, seen, scratch);
        dz = scratch.like(dy);
        normAfter.get().backward(pass, parameters, part, dy, gradients, dz);
        if (normalisesConnection()) {
          dy.assign(dz);
          addTimes(residualInConnection(), dz, dResidual);
        }
      }
      throughBottleneck(pass, parameters, seen, dz, gradients, dy, dResidual, scratch);
    }
    rule.ifPresent(r -> r.collect(pass, gradients));
  }

  private void throughBottleneck(
      Pass pass,
      Tensors parameters,
      INDArray seen,
      INDArray dz,
      Tensors gradients,
      INDArray dy,
      @Nullable INDArray dResidual,
      ScratchScope scratch) {
    if (connections.parallel()) {
      bottleneck.backward(pass, parameters, seen, dz, gradients, dResidual);
    } else if (connections.originalLnBefore() && dResidual != null) {
      INDArray dSeen = scratch.like(dy).assign(0);
      bottleneck.backward(pass, parameters, seen, dz, gradients, dSeen);
      dy.addi(dSeen);
      dResidual.addi(dSeen);
    } else {
      bottleneck.backward(pass, parameters, seen, dz, gradients, dy);
    }
  }
}
