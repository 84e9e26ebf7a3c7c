package org.peft4j.bottleneck.internal;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.bottleneck.Phm;
import org.peft4j.memory.ScratchScope;

/**
 * {@code x·H + b} with {@code H = Σᵢ Aᵢ ⊗ Wᵢ} [in, out], Aᵢ [n, n], Wᵢ [in/n, out/n], optionally
 * {@code Wᵢ = Lᵢ·Rᵢ} of rank k. The pass computes H: with rows (a, b) and columns (c, d), {@code H
 * = Σᵢ Aᵢ[a, c]·Wᵢ[b, d]} is one product of [n², n] and [n, in·out/n²].
 *
 * @param zero whether H starts at zero
 */
record PhmProjection(String prefix, long in, long out, Phm phm, PhmRule rule, boolean zero)
    implements Projection {
  private String named(String tensor) {
    return prefix + "." + tensor;
  }

  private long rowsOfBlock() {
    return in / phm.dim();
  }

  private long columnsOfBlock() {
    return out / phm.dim();
  }

  @Override
  public List<ParameterSpec> parameters() {
    long n = phm.dim();
    long k = phm.rank();
    List<ParameterSpec> specs = new ArrayList<>();
    if (rule.sharedBy().isEmpty()) {
      specs.add(rule.parameter());
    }
    if (phm.factorized()) {
      specs.add(ParameterSpec.of(named("W_left"), glorot(rowsOfBlock(), k), n, rowsOfBlock(), k));
      specs.add(last(named("W_right"), k, columnsOfBlock()));
    } else {
      specs.add(last(named("W"), rowsOfBlock(), columnsOfBlock()));
    }
    specs.add(ParameterSpec.of(named("b"), Initializer.zeros(), out));
    return specs;
  }

  private ParameterSpec last(String name, long rows, long columns) {
    Initializer initializer = zero ? Initializer.zeros() : glorot(rows, columns);
    return ParameterSpec.of(name, initializer, phm.dim(), rows, columns);
  }

  private Initializer glorot(long rows, long columns) {
    double sigma = Math.sqrt(2.0 / (rows + columns));
    return switch (phm.weightInit()) {
      case GLOROT_NORMAL -> Initializer.normal(sigma);
      case GLOROT_UNIFORM -> Initializer.uniform(Math.sqrt(3) * sigma);
      case NORMAL -> Initializer.normal(phm.range());
    };
  }

  @Override
  public void forward(
      Pass pass, Tensors parameters, INDArray x, double scale, double beta, INDArray y) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray h = matrix(pass, parameters, scratch);
      pass.kernels().matmul(x, false, h, false, scale, beta, y);
      DenseProjection.addBias(pass, parameters.get(named("b")), scale, y);
    }
  }

  /** H [in, out]. */
  private INDArray matrix(Pass pass, Tensors parameters, ScratchScope scratch) {
    long n = phm.dim();
    INDArray blocks = blocks(parameters, scratch);
    INDArray product = scratch.array(blocks.dataType(), n * n, blocks.size(1));
    pass.kernels().matmul(ruleRows(pass, parameters), true, blocks, false, 1, 0, product);
    INDArray h = scratch.array(blocks.dataType(), in, out);
    h.reshape('c', n, rowsOfBlock(), n, columnsOfBlock()).assign(inBlocks(product));
    return h;
  }

  /** [n², in·out/n²] as [a, b, c, d]. */
  private INDArray inBlocks(INDArray product) {
    long n = phm.dim();
    return product.reshape('c', n, n, rowsOfBlock(), columnsOfBlock()).permute(0, 2, 1, 3);
  }

  /** The Aᵢ as rows [n, n²]. */
  private INDArray ruleRows(Pass pass, Tensors parameters) {
    long n = phm.dim();
    return rule.values(pass, parameters).reshape('c', n, n * n);
  }

  /** The Wᵢ as rows [n, in·out/n²]. */
  private INDArray blocks(Tensors parameters, ScratchScope scratch) {
    long n = phm.dim();
    long size = rowsOfBlock() * columnsOfBlock();
    if (!phm.factorized()) {
      return parameters.get(named("W")).reshape('c', n, size);
    }
    INDArray left = parameters.get(named("W_left"));
    INDArray right = parameters.get(named("W_right"));
    INDArray blocks = scratch.array(left.dataType(), n, rowsOfBlock(), columnsOfBlock());
    // Tiny products, all in one operation.
    Nd4j.matmul(left, right, blocks, false, false, false);
    return blocks.reshape('c', n, size);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      double scale,
      Tensors gradients,
      double beta,
      INDArray dx) {
    DenseProjection.biasGradient(pass, dy, scale, gradients.get(named("b")));
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray h = matrix(pass, parameters, scratch);
      INDArray dh = scratch.like(h);
      pass.kernels().matmul(x, true, dy, false, scale, 0, dh);
      pass.kernels().matmul(dy, false, h, true, scale, beta, dx);
      factorGradients(pass, parameters, dh, gradients, scratch);
    }
  }

  private void factorGradients(
      Pass pass, Tensors parameters, INDArray dh, Tensors gradients, ScratchScope scratch) {
    long n = phm.dim();
    INDArray blocks = blocks(parameters, scratch);
    INDArray dProduct = scratch.array(dh.dataType(), n * n, blocks.size(1));
    INDArray dhInBlocks = dh.reshape('c', n, rowsOfBlock(), n, columnsOfBlock());
    dProduct
        .reshape('c', n, n, rowsOfBlock(), columnsOfBlock())
        .assign(dhInBlocks.permute(0, 2, 1, 3));
    INDArray dRule = scratch.array(dh.dataType(), n, n * n);
    pass.kernels().matmul(blocks, false, dProduct, true, 1, 0, dRule);
    INDArray dBlocks = scratch.like(blocks);
    pass.kernels().matmul(ruleRows(pass, parameters), false, dProduct, false, 1, 0, dBlocks);
    rule.addGradient(pass, gradients, dRule);
    blockGradients(parameters, dBlocks, gradients);
  }

  private void blockGradients(Tensors parameters, INDArray dBlocks, Tensors gradients) {
    long n = phm.dim();
    INDArray each = dBlocks.reshape('c', n, rowsOfBlock(), columnsOfBlock());
    if (!phm.factorized()) {
      gradients.get(named("W")).assign(each);
      return;
    }
    INDArray left = parameters.get(named("W_left"));
    INDArray right = parameters.get(named("W_right"));
    Nd4j.matmul(each, right, gradients.get(named("W_left")), false, true, false);
    Nd4j.matmul(left, each, gradients.get(named("W_right")), true, false, false);
  }
}
