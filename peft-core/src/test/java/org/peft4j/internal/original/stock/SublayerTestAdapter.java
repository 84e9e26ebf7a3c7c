package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.SublayerAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.Slot;
import org.peft4j.site.Site;

/** The plainest adapter after a layer, in ND4J: {@code y + tanh(y·A)·B}, A [width, 2]. */
record SublayerTestAdapter(Site site) implements SublayerAdapter {
  private static final int RANK = 2;

  static Slot slot(String name, Site site, DataType type, boolean act) {
    INDArray a = Nd4j.rand(type, site.outputs(), RANK).subi(0.5);
    INDArray b =
        act
            ? Nd4j.rand(type, RANK, site.outputs()).subi(0.5)
            : Nd4j.zeros(type, RANK, site.outputs());
    return new Slot(name, new SublayerTestAdapter(site), new Tensors(Map.of("A", a, "B", b)));
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(
        ParameterSpec.of("A", Initializer.uniform(0.5), site.outputs(), RANK),
        ParameterSpec.of("B", Initializer.zeros(), RANK, site.outputs()));
  }

  @Override
  public void forward(Pass pass, Tensors parameters, @Nullable INDArray residual, INDArray y) {
    if (pass.tape().recording()) {
      pass.tape().record(site.name(), y.shape()).assign(y);
    }
    y.addi(inner(parameters, y).mmul(parameters.get("B")));
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      @Nullable INDArray residual,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dResidual) {
    INDArray y = pass.tape().read(site.name());
    INDArray inner = inner(parameters, y);
    gradients.get("B").assign(inner.transpose().mmul(dy));
    INDArray dInner = dy.mmul(parameters.get("B").transpose()).muli(inner.mul(inner).rsubi(1));
    gradients.get("A").assign(y.transpose().mmul(dInner));
    dy.addi(dInner.mmul(parameters.get("A").transpose()));
  }

  private static INDArray inner(Tensors parameters, INDArray y) {
    return Transforms.tanh(y.mmul(parameters.get("A")), false);
  }
}
