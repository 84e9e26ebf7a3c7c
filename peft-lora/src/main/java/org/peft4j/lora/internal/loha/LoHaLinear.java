package org.peft4j.lora.internal.loha;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * LoHa beside a linear map, without computing ΔW: a Hadamard product of two products of rank r is
 * one product of rank r², {@code (a₁·b₁) ⊙ (a₂·b₂) = P·Q} with {@code P[o, ij] = a₁[o, i]·a₂[o, j]}
 * [out, r²] and {@code Q[ij, n] = b₁[i, n]·b₂[j, n]} [r², in].
 *
 * @param whole the same as a change of the weight
 */
record LoHaLinear(LoHaWeight whole, int rank) implements LinearAdapter, WeightAdapter {
  private static final String A1 = "hada_w1_a";
  private static final String B1 = "hada_w1_b";
  private static final String A2 = "hada_w2_a";
  private static final String B2 = "hada_w2_b";

  @Override
  public Site site() {
    return whole.site();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return whole.parameters();
  }

  /** P, with row dropout in training. */
  private INDArray left(Pass pass, Tensors parameters, ScratchScope scratch) {
    INDArray p = scratch.mine(asRows(parameters.get(A1), 2).mul(asRows(parameters.get(A2), 1)));
    INDArray left = p.reshape('c', site().outputs(), (long) rank * rank);
    if (whole.dropout().dropsRows(pass)) {
      left.muliColumnVector(scratch.mine(whole.dropout().rowMask(pass, site(), left.dataType())));
    }
    return left;
  }

  private INDArray right(Tensors parameters, ScratchScope scratch) {
    INDArray q =
        scratch.mine(asColumns(parameters.get(B1), 1).mul(asColumns(parameters.get(B2), 0)));
    return q.reshape('c', (long) rank * rank, site().inputs());
  }

  /** [out, r] with another dimension of 1: [out, r, 1] or [out, 1, r]. */
  private INDArray asRows(INDArray a, int one) {
    return one == 2
        ? a.reshape('c', site().outputs(), rank, 1)
        : a.reshape('c', site().outputs(), 1, rank);
  }

  /** [r, in] with another dimension of 1: [r, 1, in] or [1, r, in]. */
  private INDArray asColumns(INDArray b, int one) {
    return one == 1
        ? b.reshape('c', rank, 1, site().inputs())
        : b.reshape('c', 1, rank, site().inputs());
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    if (whole.dropout().skips(pass, site())) {
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray hidden = scratch.array(x.dataType(), x.size(0), (long) rank * rank);
      pass.kernels().matmul(x, false, right(parameters, scratch), true, 1, 0, hidden);
      INDArray left = left(pass, parameters, scratch);
      pass.kernels().matmul(hidden, false, left, true, whole.scale(), 1, y);
    }
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    if (whole.dropout().skips(pass, site())) {
      gradients.asMap().values().forEach(gradient -> gradient.assign(0));
      return;
    }
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray left = left(pass, parameters, scratch);
      INDArray right = right(parameters, scratch);
      INDArray hidden = scratch.array(x.dataType(), x.size(0), (long) rank * rank);
      kernels.matmul(x, false, right, true, 1, 0, hidden);
      INDArray dLeft = scratch.like(left);
      kernels.matmul(dy, true, hidden, false, whole.scale(), 0, dLeft);
      kernels.matmul(dy, false, left, false, whole.scale(), 0, hidden);
      INDArray dRight = scratch.like(right);
      kernels.matmul(hidden, true, x, false, 1, 0, dRight);
      if (dx != null) {
        kernels.matmul(hidden, false, right, false, 1, 1, dx);
      }
      leftGradients(pass, parameters, dLeft, gradients, scratch);
      INDArray cube = dRight.reshape('c', rank, rank, site().inputs());
      INDArray b1 = asColumns(parameters.get(B1), 1);
      INDArray b2 = asColumns(parameters.get(B2), 0);
      sum(cube, b2, 1, gradients.get(B1), scratch);
      sum(cube, b1, 0, gradients.get(B2), scratch);
    }
  }

  private void leftGradients(
      Pass pass, Tensors parameters, INDArray dLeft, Tensors gradients, ScratchScope scratch) {
    if (whole.dropout().dropsRows(pass)) {
      dLeft.muliColumnVector(scratch.mine(whole.dropout().rowMask(pass, site(), dLeft.dataType())));
    }
    INDArray cube = dLeft.reshape('c', site().outputs(), rank, rank);
    sum(cube, asRows(parameters.get(A2), 1), 2, gradients.get(A1), scratch);
    sum(cube, asRows(parameters.get(A1), 2), 1, gradients.get(A2), scratch);
  }

  private static void sum(
      INDArray cube, INDArray factor, int dimension, INDArray target, ScratchScope scratch) {
    target.assign(scratch.mine(scratch.mine(cube.mul(factor)).sum(dimension)));
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    whole.addDelta(pass, parameters, weight);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    whole.deltaGradient(pass, parameters, weightGradient, gradients);
  }
}
