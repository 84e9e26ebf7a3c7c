package org.peft4j.internal.method;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * The output head that shares its weight with an embedding whose rows train: {@code y[:, id_k] +=
 * x·(R[k] − W[id_k])}. It has no parameters: {@link TokenRows} shares its R earlier in the pass.
 */
record TiedTokenRows(Site site, TokenRows rows) implements LinearAdapter, WeightAdapter {
  @Override
  public boolean readsWeight() {
    return true;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    INDArray change = rows.change(pass, pass.state().get(rows.injection()));
    HeadColumns.forward(pass, rows.ids(), change, x, y);
    Scratch.release(change);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    INDArray change = rows.change(pass, pass.state().get(rows.injection()));
    INDArray gradient = pass.state().gradient(rows.injection());
    HeadColumns.backward(pass, rows.ids(), change, x, dy, gradient, 1, dx);
    Scratch.release(change);
  }

  /** The weight is the embedding's own, which {@link TokenRows} changes. */
  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {}

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {}
}
