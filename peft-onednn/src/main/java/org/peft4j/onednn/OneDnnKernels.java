package org.peft4j.onednn;

import static org.peft4j.onednn.Layouts.dense;
import static org.peft4j.onednn.Layouts.denseBias;
import static org.peft4j.onednn.Layouts.rows;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.CodedRows;
import org.peft4j.kernel.Convolution;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.kernel.RowProduct;
import org.peft4j.kernel.WeightRows;
import org.peft4j.memory.ReusedScope;
import org.peft4j.memory.Scratch;
import org.peft4j.memory.ScratchScope;
import org.peft4j.onednn.AttentionGradient.Inputs;
import org.peft4j.onednn.AttentionGradient.Results;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.ColumnScaling;
import org.peft4j.onednn.internal.NormRows;
import org.peft4j.onednn.internal.RowMaking;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.picture.Convolutions;
import org.peft4j.onednn.internal.picture.GroupNormRows;
import org.peft4j.onednn.internal.vector.CodedProduct;
import org.peft4j.onednn.internal.vector.FewQueries;
import org.peft4j.onednn.internal.vector.LowRankRows;

/**
 * Kernels on oneDNN, and Java code on rows for operations that oneDNN lacks. The portable kernels
 * compute everything that is not FLOAT or not dense.
 */
public final class OneDnnKernels implements Kernels {
  /** So few numbers take less time than threads take to begin. */
  private static final int FEW = 1 << 15;

  private final Kernels portable = new Nd4jKernels();
  private final KeptProbabilities kept;

  public OneDnnKernels() {
    this(KeptProbabilities.STANDARD);
  }

  OneDnnKernels(KeptProbabilities kept) {
    this.kept = kept;
  }

  @Override
  public void matmul(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out) {
    if (!Products.multiply(a, transposeA, b, transposeB, alpha, beta, null, out)) {
      portable.matmul(a, transposeA, b, transposeB, alpha, beta, out);
    }
  }

  @Override
  public void affine(
      INDArray x, INDArray weight, boolean transpose, @Nullable INDArray bias, INDArray out) {
    if (!Products.multiply(x, false, weight, transpose, 1, 0, bias, out)) {
      portable.affine(x, weight, transpose, bias, out);
    }
  }

  @Override
  public void affine(INDArray x, WeightRows weight, @Nullable INDArray bias, INDArray out) {
    if (weight instanceof CodedRows coded && CodedProduct.possible(x, coded, out)) {
      CodedProduct.multiply(x, coded, out);
      if (bias != null) {
        addBias(out, bias);
      }
    } else {
      Kernels.super.affine(x, weight, bias, out);
    }
  }

  @Override
  public void addLowRank(
      RowProduct product, INDArray x, INDArray a, INDArray b, double scale, INDArray y) {
    if (product.equals(RowProduct.PLAIN) && LowRankRows.possible(x, a, b, y)) {
      LowRankRows.add(x, a, b, (float) scale, y);
    } else {
      Kernels.super.addLowRank(product, x, a, b, scale, y);
    }
  }

  @Override
  public void addBias(INDArray rows, INDArray bias) {
    if (dense(rows, bias)) {
      Pointwise.add(Address.of(rows), rows.shape(), Address.of(bias), new long[] {1, rows.size(1)});
    } else {
      portable.addBias(rows, bias);
    }
  }

  @Override
  public void columnSums(INDArray rows, INDArray sums) {
    // A product with ones: ND4J's sum over rows takes about ten times as long.
    INDArray ones = Scratch.of(rows.dataType(), 1, rows.size(0)).assign(1);
    INDArray row = sums.reshape('c', 1, sums.length());
    if (!Products.multiply(ones, false, rows, false, 1, 0, null, row)) {
      portable.columnSums(rows, sums);
    }
    Scratch.release(ones);
  }

  @Override
  public void fill(WeightRows weight, int from, INDArray panel) {
    if (RowMaking.possible(panel)) {
      RowMaking.fill(weight, from, panel);
    } else {
      portable.fill(weight, from, panel);
    }
  }

  @Override
  public void scaleColumns(INDArray x, INDArray l, INDArray y) {
    if (dense(x, l, y)) {
      ColumnScaling.scale(x, l, y);
    } else {
      portable.scaleColumns(x, l, y);
    }
  }

  @Override
  public void columnSumsOfProduct(INDArray a, INDArray b, INDArray sums) {
    if (dense(a, b, sums)) {
      ColumnScaling.sumsOfProducts(a, b, sums);
    } else {
      portable.columnSumsOfProduct(a, b, sums);
    }
  }

  @Override
  public void lookUp(INDArray table, int[] ids, INDArray out) {
    portable.lookUp(table, ids, out);
  }

  @Override
  public void lookUpGradient(int[] ids, INDArray rows, INDArray table) {
    portable.lookUpGradient(ids, rows, table);
  }

  @Override
  public void rmsNorm(INDArray x, INDArray weight, double epsilon, INDArray y, INDArray inverse) {
    if (dense(x, weight, y, inverse)) {
      NormRows.forward(x, weight, null, epsilon, y, null, inverse);
    } else {
      portable.rmsNorm(x, weight, epsilon, y, inverse);
    }
  }

  @Override
  public void rmsNormGradient(
      INDArray x,
      INDArray weight,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient) {
    if (dx != null && dense(x, weight, inverse, dy, dx)) {
      NormRows.inputGradient(x, weight, null, inverse, dy, dx);
      if (weightGradient != null) {
        portable.rmsNormGradient(x, weight, inverse, dy, null, weightGradient);
      }
    } else {
      portable.rmsNormGradient(x, weight, inverse, dy, dx, weightGradient);
    }
  }

  @Override
  public void layerNorm(
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    if (dense(x, weight, bias == null ? weight : bias, y, mean, inverse)) {
      NormRows.forward(x, weight, bias, epsilon, y, mean, inverse);
    } else {
      portable.layerNorm(x, weight, bias, epsilon, y, mean, inverse);
    }
  }

  @Override
  public void layerNormGradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    if (dx != null && dense(x, weight, mean, inverse, dy, dx)) {
      NormRows.inputGradient(x, weight, mean, inverse, dy, dx);
      if (weightGradient != null || biasGradient != null) {
        portable.layerNormGradient(
            x, weight, mean, inverse, dy, null, weightGradient, biasGradient);
      }
    } else {
      portable.layerNormGradient(x, weight, mean, inverse, dy, dx, weightGradient, biasGradient);
    }
  }

  @Override
  public void groupNorm(
      INDArray x,
      INDArray weight,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    if (dense(x, weight, bias, y, mean, inverse)) {
      GroupNormRows.forward(x, weight, bias, epsilon, y, mean, inverse);
    } else {
      portable.groupNorm(x, weight, bias, epsilon, y, mean, inverse);
    }
  }

  @Override
  public void groupNormGradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    boolean possible =
        dense(x, weight, mean, inverse, dy)
            && (dx == null || dense(dx))
            && (weightGradient == null || dense(weightGradient))
            && (biasGradient == null || dense(biasGradient));
    if (possible) {
      GroupNormRows.gradient(x, weight, mean, inverse, dy, dx, weightGradient, biasGradient);
    } else {
      portable.groupNormGradient(x, weight, mean, inverse, dy, dx, weightGradient, biasGradient);
    }
  }

  /** Whether a weight is dense, in single precision or half of it. */
  private static boolean denseWeight(INDArray weight) {
    boolean half = weight.dataType() == DataType.BFLOAT16;
    return half
        ? weight.rank() == 2 && weight.stride(1) == 1 && weight.stride(0) == weight.size(1)
        : dense(weight);
  }

  @Override
  public void convolution(
      Convolution shape,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double beta,
      INDArray y) {
    boolean possible =
        dense(x, y)
            && denseWeight(weight)
            && (bias == null || dense(bias))
            && (beta == 0 || beta == 1);
    if (possible) {
      boolean half = Products.HALF && weight.dataType() == DataType.BFLOAT16;
      Convolutions.forward(shape, x, weight, bias, beta == 1, y, half);
    } else {
      Kernels.super.convolution(shape, x, weight, bias, beta, y);
    }
  }

  @Override
  public void convolutionInputGradient(
      Convolution shape, INDArray dy, INDArray weight, double beta, INDArray dx) {
    if (dense(dy, dx) && denseWeight(weight) && (beta == 0 || beta == 1)) {
      boolean half = Products.HALF && weight.dataType() == DataType.BFLOAT16;
      Convolutions.inputGradient(shape, dy, weight, beta == 1, dx, half);
    } else {
      Kernels.super.convolutionInputGradient(shape, dy, weight, beta, dx);
    }
  }

  @Override
  public void convolutionWeightGradient(
      Convolution shape, INDArray x, INDArray dy, INDArray weightGradient) {
    if (dense(x, dy, weightGradient)) {
      Convolutions.weightGradient(shape, x, dy, weightGradient);
    } else {
      Kernels.super.convolutionWeightGradient(shape, x, dy, weightGradient);
    }
  }

  @Override
  public void activation(Activation f, INDArray x, INDArray y) {
    if (!Activations.apply(f, x, y)) {
      portable.activation(f, x, y);
    }
  }

  @Override
  public void activationGradient(Activation f, INDArray x, INDArray dy, INDArray dx) {
    if (!Activations.gradient(f, x, dy, dx)) {
      portable.activationGradient(f, x, dy, dx);
    }
  }

  @Override
  public void add(INDArray x, INDArray y) {
    if (x.length() <= FEW && dense(x, y)) {
      float[] sum = new float[(int) y.length()];
      float[] added = new float[sum.length];
      FloatBuffer numbers = RowTasks.floats(y);
      numbers.get(0, sum);
      RowTasks.floats(x).get(0, added);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += added[i];
      }
      numbers.put(0, sum);
    } else {
      portable.add(x, y);
    }
  }

  @Override
  public void gated(Activation f, INDArray gate, INDArray up, INDArray y) {
    if (!Activations.gated(f, gate, up, y)) {
      portable.gated(f, gate, up, y);
    }
  }

  @Override
  public void gatedGradient(
      Activation f,
      INDArray gate,
      INDArray up,
      INDArray dy,
      INDArray gateGradient,
      INDArray upGradient) {
    if (!Activations.gatedGradient(f, gate, up, dy, gateGradient, upGradient)) {
      portable.gatedGradient(f, gate, up, dy, gateGradient, upGradient);
    }
  }

  @Override
  public void rotate(INDArray x, INDArray cos, INDArray sin) {
    if (rows(x) && dense(cos, sin)) {
      Rotary.rotate(x, cos, sin, 1);
    } else {
      portable.rotate(x, cos, sin);
    }
  }

  @Override
  public void rotateBack(INDArray dx, INDArray cos, INDArray sin) {
    if (rows(dx) && dense(cos, sin)) {
      Rotary.rotate(dx, cos, sin, -1);
    } else {
      portable.rotateBack(dx, cos, sin);
    }
  }

  @Override
  public long attentionMemory(AttentionPattern pattern, DataType type, long batch, int heads) {
    return type == DataType.FLOAT && denseBias(pattern)
        ? batch * heads * kept.elements(pattern, QueryTiles.area(pattern))
        : portable.attentionMemory(pattern, type, batch, heads);
  }

  @Override
  public void attention(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context) {
    pattern.requireFits(q, k);
    if (dense(probabilities) && FewQueries.possible(pattern, q, k, v, context)) {
      boolean keeps = kept.keeps(pattern, QueryTiles.area(pattern));
      new FewQueries(q, k, pattern, scores, keeps).forward(q, k, v, probabilities, context);
    } else if (q.dataType() == DataType.FLOAT && k.dataType() == DataType.BFLOAT16) {
      try (ReusedScope scratch = new ReusedScope()) {
        INDArray keys = scratch.array(DataType.FLOAT, k.shape()).assign(k);
        INDArray values = scratch.array(DataType.FLOAT, v.shape()).assign(v);
        attention(q, keys, values, pattern, scores, probabilities, context);
      }
    } else if (rows(q, k, v, context) && dense(probabilities) && denseBias(pattern)) {
      attention(q, k, pattern, scores).forward(q, k, v, probabilities, context);
    } else {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray all = whole(probabilities, q, pattern, scratch);
        portable.attention(q, k, v, pattern, scores, all, context);
      }
    }
  }

  private Attention attention(
      INDArray q, INDArray k, AttentionPattern pattern, AttentionScores scores) {
    boolean keeps = kept.keeps(pattern, QueryTiles.area(pattern));
    return new Attention(q, k, pattern, scores, keeps);
  }

  /** The memory for what the portable kernels keep, or other memory where it is for tiles. */
  private INDArray whole(
      INDArray probabilities, INDArray q, AttentionPattern pattern, ScratchScope scratch) {
    long length =
        portable.attentionMemory(pattern, q.dataType(), q.size(0), Math.toIntExact(q.size(2)));
    return probabilities.length() == length ? probabilities : scratch.array(q.dataType(), length);
  }

  @Override
  public void attentionGradient(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context,
      INDArray contextGradient,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray biasGradient) {
    pattern.requireFits(q, k);
    boolean gradients =
        rows(contextGradient, dq, dk, dv) && (biasGradient == null || dense(biasGradient));
    if (rows(q, k, v, context) && dense(probabilities) && denseBias(pattern) && gradients) {
      attention(q, k, pattern, scores)
          .backward(
              new Inputs(q, k, v, probabilities, context, contextGradient),
              new Results(dq, dk, dv, biasGradient));
    } else {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray all = whole(probabilities, q, pattern, scratch);
        if (all != probabilities) {
          portable.attention(q, k, v, pattern, scores, all, scratch.like(context));
        }
        portable.attentionGradient(
            q, k, v, pattern, scores, all, context, contextGradient, dq, dk, dv, biasGradient);
      }
    }
  }

  @Override
  public void crossEntropy(INDArray logits, int[] labels, double scale, INDArray losses) {
    if (dense(logits, losses)) {
      CrossEntropy.apply(logits, labels, scale, losses);
    } else {
      portable.crossEntropy(logits, labels, scale, losses);
    }
  }
}
