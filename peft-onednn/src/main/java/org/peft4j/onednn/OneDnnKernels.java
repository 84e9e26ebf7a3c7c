package org.peft4j.onednn;

import static org.peft4j.onednn.Portable.PORTABLE;
import static org.peft4j.onednn.internal.Layouts.dense;
import static org.peft4j.onednn.internal.Layouts.rows;

import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.CodedRows;
import org.peft4j.kernel.IntegerRows;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.RowProduct;
import org.peft4j.kernel.WeightRows;
import org.peft4j.memory.Scratch;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.ColumnScaling;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.RowCopy;
import org.peft4j.onednn.internal.RowScatter;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.attention.AttentionKernels;
import org.peft4j.onednn.internal.fourbit.CodedProduct;
import org.peft4j.onednn.internal.fourbit.PermutedRows;
import org.peft4j.onednn.internal.operation.Conversion;
import org.peft4j.onednn.internal.operation.Pointwise;
import org.peft4j.onednn.internal.operation.RowMaking;
import org.peft4j.onednn.internal.vector.IntegerProduct;
import org.peft4j.onednn.internal.vector.LowRankRows;
import org.peft4j.onednn.internal.vector.VectorUnit;

/**
 * Kernels on oneDNN, and Java code on rows for operations that oneDNN lacks. The portable kernels
 * compute everything that is not FLOAT or not dense.
 */
public final class OneDnnKernels implements NormKernels, PictureKernels {
  /** So few numbers take less time than threads take to begin. */
  private static final int FEW = 1 << 15;

  private final AttentionKernels attention;

  public OneDnnKernels() {
    this(KeptProbabilities.STANDARD);
  }

  OneDnnKernels(KeptProbabilities kept) {
    attention = new AttentionKernels(PORTABLE, kept);
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
      PORTABLE.matmul(a, transposeA, b, transposeB, alpha, beta, out);
    }
  }

  @Override
  public void affine(
      INDArray x, INDArray weight, boolean transpose, @Nullable INDArray bias, INDArray out) {
    if (!Products.multiply(x, false, weight, transpose, 1, 0, bias, out)) {
      PORTABLE.affine(x, weight, transpose, bias, out);
    }
  }

  @Override
  public void affine(INDArray x, WeightRows weight, @Nullable INDArray bias, INDArray out) {
    if (!byCodes(x, weight, out)) {
      NormKernels.super.affine(x, weight, bias, out);
    } else if (bias != null) {
      addBias(out, bias);
    }
  }

  /** Where BFLOAT16 products would widen panels again, these are made in single precision. */
  @Override
  public DataType panelType(WeightRows weight) {
    boolean widened = weight.type() == DataType.BFLOAT16 && !Processor.HALF;
    return widened ? DataType.FLOAT : weight.type();
  }

  /** Multiplies few rows straight with codes, where that is possible. */
  private static boolean byCodes(INDArray x, WeightRows weight, INDArray out) {
    if (weight instanceof CodedRows coded && CodedProduct.possible(x, coded, out)) {
      CodedProduct.multiply(x, coded, out);
    } else if (weight instanceof IntegerRows integers
        && IntegerProduct.possible(x, integers, out)) {
      IntegerProduct.multiply(x, integers, out);
    } else {
      return false;
    }
    return true;
  }

  @Override
  public void addLowRank(
      RowProduct product, INDArray x, INDArray a, INDArray b, double scale, INDArray y) {
    if (product.equals(RowProduct.PLAIN) && LowRankRows.possible(x, a, b, y)) {
      LowRankRows.add(x, a, b, (float) scale, y);
    } else {
      NormKernels.super.addLowRank(product, x, a, b, scale, y);
    }
  }

  @Override
  public void addBias(INDArray rows, INDArray bias) {
    if (dense(rows, bias)) {
      Pointwise.add(Address.of(rows), rows.shape(), Address.of(bias), new long[] {1, rows.size(1)});
    } else {
      PORTABLE.addBias(rows, bias);
    }
  }

  @Override
  public void columnSums(INDArray rows, INDArray sums) {
    // A product with ones: ND4J's sum over rows takes about ten times as long.
    INDArray ones = Scratch.of(rows.dataType(), 1, rows.size(0)).assign(1);
    INDArray row = sums.reshape('c', 1, sums.length());
    if (!Products.multiply(ones, false, rows, false, 1, 0, null, row)) {
      PORTABLE.columnSums(rows, sums);
    }
    Scratch.release(ones);
  }

  @Override
  public void fill(WeightRows weight, int from, INDArray panel) {
    if (RowMaking.possible(panel)) {
      RowMaking.fill(VectorUnit.PRESENT ? PermutedRows.of(weight) : weight, from, panel);
    } else {
      PORTABLE.fill(weight, from, panel);
    }
  }

  @Override
  public void scaleColumns(INDArray x, INDArray l, INDArray y) {
    if (dense(x, l, y)) {
      ColumnScaling.scale(x, l, y);
    } else {
      PORTABLE.scaleColumns(x, l, y);
    }
  }

  @Override
  public void columnSumsOfProduct(INDArray a, INDArray b, INDArray sums) {
    if (dense(a, b, sums)) {
      ColumnScaling.sumsOfProducts(a, b, sums);
    } else {
      PORTABLE.columnSumsOfProduct(a, b, sums);
    }
  }

  @Override
  public void lookUp(INDArray table, int[] ids, INDArray out) {
    PORTABLE.lookUp(table, ids, out);
  }

  @Override
  public void lookUpGradient(int[] ids, INDArray rows, INDArray table) {
    if (RowScatter.possible(rows, table)) {
      RowScatter.run(ids, rows, table);
    } else {
      PORTABLE.lookUpGradient(ids, rows, table);
    }
  }

  @Override
  public void activation(Activation f, INDArray x, INDArray y) {
    if (!Activations.apply(f, x, y)) {
      PORTABLE.activation(f, x, y);
    }
  }

  @Override
  public void activationGradient(Activation f, INDArray x, INDArray dy, INDArray dx) {
    if (!Activations.gradient(f, x, dy, dx)) {
      PORTABLE.activationGradient(f, x, dy, dx);
    }
  }

  @Override
  public void copy(INDArray x, INDArray y) {
    if (RowCopy.possible(x, y)) {
      RowCopy.run(x, y);
    } else if (Conversion.possible(x, y)) {
      Conversion.run(x, y);
    } else {
      PORTABLE.copy(x, y);
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
      PORTABLE.add(x, y);
    }
  }

  @Override
  public void gated(Activation f, INDArray gate, INDArray up, INDArray y) {
    if (!Activations.gated(f, gate, up, y)) {
      PORTABLE.gated(f, gate, up, y);
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
      PORTABLE.gatedGradient(f, gate, up, dy, gateGradient, upGradient);
    }
  }

  @Override
  public void rotate(INDArray x, INDArray cos, INDArray sin) {
    if (rows(x) && dense(cos, sin)) {
      Rotary.rotate(x, cos, sin, 1);
    } else {
      PORTABLE.rotate(x, cos, sin);
    }
  }

  @Override
  public void rotateBack(INDArray dx, INDArray cos, INDArray sin) {
    if (rows(dx) && dense(cos, sin)) {
      Rotary.rotate(dx, cos, sin, -1);
    } else {
      PORTABLE.rotateBack(dx, cos, sin);
    }
  }

  @Override
  public long attentionMemory(AttentionPattern pattern, DataType type, long batch, int heads) {
    return attention.memory(pattern, type, batch, heads);
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
    attention.forward(q, k, v, pattern, scores, probabilities, context);
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
    attention.gradient(
        q,
        k,
        v,
        pattern,
        scores,
        probabilities,
        context,
        contextGradient,
        dq,
        dk,
        dv,
        biasGradient);
  }

  @Override
  public void crossEntropy(INDArray logits, int[] labels, double scale, INDArray losses) {
    if (dense(logits, losses)) {
      CrossEntropy.apply(logits, labels, scale, losses);
    } else {
      PORTABLE.crossEntropy(logits, labels, scale, losses);
    }
  }
}
