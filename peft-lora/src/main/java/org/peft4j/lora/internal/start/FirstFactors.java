package org.peft4j.lora.internal.start;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.algebra.PrincipalParts;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;

/**
 * The A₀ [r, in] and B₀ [out, r] that an adapter starts with and that the frozen weight W [out, in]
 * loses, computed from it once, on first use:
 *
 * <ul>
 *   <li>PiSSA (Meng et al. 2024): the r largest parts of {@code W = U·S·Vᵀ}, {@code B₀ = U·√(S/s)},
 *       {@code A₀ = √(S/s)·Vᵀ}, so that s·B₀·A₀ is the best of rank r;
 *   <li>OLoRA (Büyükakyüz 2024): the first r columns and rows of {@code W = Q·R}.
 * </ul>
 */
final class FirstFactors {
  private final Site site;
  private final LoraShape shape;
  private final FrozenValues frozen;
  private @Nullable INDArray a;
  private @Nullable INDArray b;

  FirstFactors(Site site, LoraShape shape, FrozenValues frozen) {
    this.site = site;
    this.shape = shape;
    this.frozen = frozen;
    if (shape.rank() > Math.min(site.inputs(), site.outputs())) {
      throw new PeftException(
          "init_lora_weights "
              + shape.init().json()
              + " needs a rank of at most "
              + Math.min(site.inputs(), site.outputs())
              + " at "
              + site.name()
              + "; r is "
              + shape.rank()
              + " there.");
    }
  }

  /** A₀, of that type. */
  synchronized INDArray a(DataType type) {
    INDArray known = a;
    if (known == null || known.dataType() != type) {
      compute(type);
    }
    return java.util.Objects.requireNonNull(a);
  }

  /** B₀, of that type. */
  synchronized INDArray b(DataType type) {
    a(type);
    return java.util.Objects.requireNonNull(b);
  }

  private void compute(DataType type) {
    INDArray weight = frozen.weight(site).widened(DataType.DOUBLE);
    INDArray first;
    INDArray second;
    if (shape.init() != LoraInit.OLORA) {
      PrincipalParts parts = PrincipalParts.of(weight, shape.rank());
      first = parts.right().dup('c');
      second = parts.left().dup('c');
      for (int i = 0; i < shape.rank(); i++) {
        double value = parts.values()[i];
        first.getRow(i).muli(Math.sqrt(value / shape.scale()));
        second.getColumn(i).muli(value == 0 ? 0 : 1 / Math.sqrt(value * shape.scale()));
      }
    } else {
      second = weight.get(NDArrayIndex.all(), NDArrayIndex.interval(0, shape.rank())).dup('f');
      INDArray r = Nd4j.create(DataType.DOUBLE, new long[] {shape.rank(), shape.rank()}, 'f');
      Nd4j.getBlasWrapper().lapack().geqrf(second, r);
      first = second.transpose().mmul(weight);
    }
    a = DetachedArrays.zeros(type, first.shape()).assign(first);
    b = DetachedArrays.zeros(type, second.shape()).assign(second);
    weight.close();
  }
}
