package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.internal.graft.Slot;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** The plainest adapter of low rank, in ND4J: ΔW = 0.5·B·A with A [2, in] and B [out, 2]. */
record LowRankTestAdapter(Site site) implements LinearAdapter, EmbeddingAdapter, WeightAdapter {
  private static final double SCALE = 0.5;
  private static final int RANK = 2;

  /** A slot with such an adapter, A random and B random or zero. */
  static Slot slot(String name, Site site, DataType type, boolean act) {
    LowRankTestAdapter adapter = new LowRankTestAdapter(site);
    long columns = adapter.columns();
    INDArray a = Nd4j.rand(type, RANK, columns).subi(0.5);
    INDArray b = act ? Nd4j.rand(type, site.outputs(), RANK).subi(0.5) : null;
    return new Slot(
        name,
        adapter,
        new Tensors(Map.of("A", a, "B", b == null ? Nd4j.zeros(type, site.outputs(), RANK) : b)));
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(
        ParameterSpec.of("A", Initializer.uniform(0.5), RANK, columns()),
        ParameterSpec.of("B", Initializer.zeros(), site.outputs(), RANK));
  }

  private long columns() {
    return site.inputs()
        * site.kernel().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }

  /** ΔW in the weight's own shape. */
  INDArray delta(Tensors parameters) {
    INDArray product = parameters.get("B").mmul(parameters.get("A")).muli(SCALE);
    return switch (site.kind()) {
      case EMBEDDING -> product.transpose();
      case CONVOLUTION -> product.dup('c').reshape('c', shape());
      default -> product;
    };
  }

  private long[] shape() {
    return LongStream.concat(
            LongStream.of(site.outputs(), site.inputs()),
            site.kernel().stream().mapToLong(Long::longValue))
        .toArray();
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    weight.addi(delta(parameters));
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    INDArray matrix =
        site.kind() == SiteKind.EMBEDDING
            ? weightGradient.transpose()
            : weightGradient.dup('c').reshape('c', site.outputs(), columns());
    gradients.get("A").assign(parameters.get("B").transpose().mmul(matrix).muli(SCALE));
    gradients.get("B").assign(matrix.mmul(parameters.get("A").transpose()).muli(SCALE));
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    requireRowMajor(x, site.inputs());
    requireRowMajor(y, site.outputs());
    y.addi(
        x.mmul(parameters.get("A").transpose()).mmul(parameters.get("B").transpose()).muli(SCALE));
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    requireRowMajor(x, site.inputs());
    requireRowMajor(dy, site.outputs());
    deltaGradient(pass, parameters, dy.transpose().mmul(x), gradients);
    if (dx != null) {
      requireRowMajor(dx, site.inputs());
      dx.addi(dy.mmul(delta(parameters)));
    }
  }

  @Override
  public void forward(Pass pass, Tensors parameters, int[] ids, INDArray y) {
    requireRowMajor(y, site.outputs());
    INDArray delta = delta(parameters);
    for (int i = 0; i < ids.length; i++) {
      y.getRow(i).addi(delta.getRow(ids[i]));
    }
  }

  @Override
  public void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients) {
    requireRowMajor(dy, site.outputs());
    INDArray weightGradient = Nd4j.zeros(dy.dataType(), site.inputs(), site.outputs());
    for (int i = 0; i < ids.length; i++) {
      weightGradient.getRow(ids[i]).addi(dy.getRow(i));
    }
    deltaGradient(pass, parameters, weightGradient, gradients);
  }

  private static void requireRowMajor(INDArray matrix, long columns) {
    if (matrix.rank() != 2
        || matrix.size(1) != columns
        || matrix.stride(1) != 1
        || matrix.stride(0) != columns) {
      throw new IllegalArgumentException(
          "Not a row-major matrix of " + columns + " columns: " + matrix.shapeInfoToString());
    }
  }
}
