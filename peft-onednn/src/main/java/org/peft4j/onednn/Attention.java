package org.peft4j.onednn;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.ScratchScope;
import org.peft4j.onednn.BatchProduct.Axis;
import org.peft4j.onednn.BatchProduct.Heads;

/**
 * Attention on the rows of projections as they lie. Where several query heads share a key head, the
 * first of each group make one batch of products, the second the next.
 */
final class Attention {
  /** An operand of a batch of products: where it begins, and how it lies. */
  private record Operand(long address, Heads layout) {
    Operand transposed() {
      return new Operand(address, layout.transposed());
    }
  }

  private final long keyHeads;
  private final long group;

  /**
   * @param q [B, T, H, D]
   * @param k [B, S, K, D]
   */
  Attention(INDArray q, INDArray k) {
    keyHeads = k.size(2);
    group = q.size(2) / keyHeads;
  }

  void forward(
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray mask,
      double scale,
      INDArray probabilities,
      INDArray context) {
    for (int i = 0; i < group; i++) {
      multiply(rows(q, i), keys(k).transposed(), scores(probabilities, i), scale, false);
    }
    long[] shape = probabilities.shape();
    long[] repeated = {mask.size(0), 1, shape[2], shape[3]};
    Pointwise.add(Address.of(probabilities), shape, Address.of(mask), repeated);
    Softmax.apply(Address.of(probabilities), shape[0] * shape[1] * shape[2], shape[3]);
    for (int i = 0; i < group; i++) {
      multiply(scores(probabilities, i), keys(v), rows(context, i), 1, false);
    }
  }

  void backward(
      INDArray q,
      INDArray k,
      INDArray v,
      double scale,
      INDArray probabilities,
      INDArray upper,
      INDArray dq,
      INDArray dk,
      INDArray dv) {
    try (ScratchScope scratch = new ScratchScope()) {
      long[] shape = probabilities.shape();
      INDArray scores = scratch.array(DataType.FLOAT, shape);
      for (int i = 0; i < group; i++) {
        multiply(scores(probabilities, i).transposed(), rows(upper, i), keys(dv), 1, i > 0);
        multiply(rows(upper, i), keys(v).transposed(), scores(scores, i), 1, false);
      }
      Softmax.gradient(
          Address.of(probabilities), Address.of(scores), shape[0] * shape[1] * shape[2], shape[3]);
      for (int i = 0; i < group; i++) {
        multiply(scores(scores, i), keys(k), rows(dq, i), scale, false);
        multiply(scores(scores, i).transposed(), rows(q, i), keys(dk), scale, i > 0);
      }
    }
  }

  private static void multiply(
      Operand a, Operand b, Operand out, double alpha, boolean accumulate) {
    BatchProduct product =
        new BatchProduct(a.layout(), b.layout(), out.layout(), (float) alpha, accumulate);
    BatchProduct.run(product, a.address(), b.address(), out.address());
  }

  /** [B, S, K, D] as matrices [S, D]. */
  private Operand keys(INDArray x) {
    return operand(x, 1, 2, 0, 1);
  }

  /** The i-th query head of each group: [B, T, H, D] as matrices [T, D]. */
  private Operand rows(INDArray x, int i) {
    return operand(x, 1, 2, i, group);
  }

  /** The i-th query head of each group: [B, H, T, S] as matrices [T, S]. */
  private Operand scores(INDArray x, int i) {
    return operand(x, 2, 1, i, group);
  }

  private Operand operand(INDArray x, int rows, int heads, int first, long step) {
    Heads layout =
        new Heads(
            new Axis(x.size(0), x.stride(0)),
            new Axis(keyHeads, step * x.stride(heads)),
            new Axis(x.size(rows), x.stride(rows)),
            new Axis(x.size(3), 1));
    return new Operand(Address.of(x) + first * x.stride(heads) * Float.BYTES, layout);
  }
}
