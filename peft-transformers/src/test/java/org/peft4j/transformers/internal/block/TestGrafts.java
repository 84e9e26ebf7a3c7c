package org.peft4j.transformers.internal.block;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.AttentionAdapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.SublayerAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.site.Site;
import org.peft4j.weight.DenseWeight;

/** Simple adapters for each kind of site. */
final class TestGrafts {
  private TestGrafts() {}

  /** A copy of a module's parameters; keys and values before an attention's; or a residual. */
  static Adapter at(Site site, java.util.function.Function<String, INDArray> frozen) {
    return switch (site.kind()) {
      case ATTENTION -> new Keys(site);
      case SUBLAYER -> new Residual(site);
      default ->
          new TrainableCopy(
              site,
              site.parameters(),
              "",
              parameter -> DenseWeight.of(frozen.apply(site.name() + "." + parameter.name())));
    };
  }

  private static ParameterSpec spec(String name, Long... shape) {
    return new ParameterSpec(name, List.of(shape), Initializer.normal(1));
  }

  /** Two keys and values. */
  private record Keys(Site site) implements AttentionAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(
          spec("keys", 2L, site.inputs(), site.outputs()),
          spec("values", 2L, site.inputs(), site.outputs()));
    }

    @Override
    public int length() {
      return 2;
    }

    @Override
    public void forward(Pass pass, Tensors parameters, INDArray keys, INDArray values) {
      keys.assign(parameters.get("keys"));
      values.assign(parameters.get("values"));
    }

    @Override
    public void backward(
        Pass pass, Tensors parameters, INDArray dKeys, INDArray dValues, Tensors gradients) {
      gradients.get("keys").assign(dKeys);
      gradients.get("values").assign(dValues);
    }
  }

  /** {@code y ← y + b ⊙ residual}. */
  private record Residual(Site site) implements SublayerAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(spec("b", site.outputs()));
    }

    @Override
    public void forward(Pass pass, Tensors parameters, @Nullable INDArray residual, INDArray y) {
      y.addi(Objects.requireNonNull(residual).mulRowVector(parameters.get("b")));
    }

    @Override
    public void backward(
        Pass pass,
        Tensors parameters,
        @Nullable INDArray residual,
        INDArray dy,
        Tensors gradients,
        @Nullable INDArray dResidual) {
      gradients.get("b").assign(dy.mul(residual).sum(0));
      if (dResidual != null) {
        dResidual.addi(dy.mulRowVector(parameters.get("b")));
      }
    }
  }
}
