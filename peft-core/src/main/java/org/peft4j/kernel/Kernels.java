package org.peft4j.kernel;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.MulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.Scratch;

/**
 * The numerical operations of models and adapters. Arrays are row-major; matrices are [rows,
 * columns]; every operation writes to the caller's arrays. A gradient operation overwrites its
 * outputs and skips those that are null.
 *
 * <p>In the shapes of attention, B is the batch, H the query heads, K the key/value heads (H is a
 * multiple of K), T the query positions, S the key positions and D the width of a head.
 */
public interface Kernels {
  /**
   * {@code out = alpha·op(a)·op(b) + beta·out}, where op transposes if the flag says so.
   *
   * @param b may be BFLOAT16 while the others are FLOAT, such as a frozen weight: the product
   *     accumulates in single precision
   * @param out [rows of op(a), columns of op(b)]
   * @param beta 0 to overwrite, 1 to accumulate
   */
  void matmul(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out);

  /**
   * {@code out = x·W + b}, or {@code x·Wᵀ + b} with {@code transpose}.
   *
   * @param x [n, in]
   * @param weight [in, out], or [out, in] to transpose
   * @param bias [out]
   * @param out [n, out]
   */
  default void affine(
      INDArray x, INDArray weight, boolean transpose, @Nullable INDArray bias, INDArray out) {
    matmul(x, false, weight, transpose, 1, 0, out);
    if (bias != null) {
      addBias(out, bias);
    }
  }

  /**
   * {@code out = x·Wᵀ + b} for a W that is made in rows.
   *
   * @param x [n, in]
   * @param weight [out, in]
   * @param bias [out]
   * @param out [n, out]
   */
  default void affine(INDArray x, WeightRows weight, @Nullable INDArray bias, INDArray out) {
    Panels.affine(this, x, weight, bias, out);
  }

  /**
   * {@code y += scale·(x·Aᵀ)·Bᵀ}: what an adapter of low rank adds (Hu et al., 2021, equation 3).
   *
   * @param product how the rows of x meet A
   * @param x [rows, in]
   * @param a [r, in], or [r, in·…kernel]
   * @param b [out, r]
   * @param y [rows of the product, out]
   */
  default void addLowRank(
      RowProduct product, INDArray x, INDArray a, INDArray b, double scale, INDArray y) {
    INDArray hidden = Scratch.of(x.dataType(), product.rows(x.size(0)), a.size(0));
    product.multiply(this, x, a, null, 0, hidden);
    matmul(hidden, false, b, true, scale, 1, y);
    Scratch.release(hidden);
  }

  /**
   * {@code dx = dy·W + beta·dx} for a W that is made in rows.
   *
   * @param dy [n, out]
   * @param weight [out, in]
   * @param beta 0 to overwrite dx, 1 to add to it
   * @param dx [n, in]
   */
  default void matmul(INDArray dy, WeightRows weight, double beta, INDArray dx) {
    Panels.matmul(this, dy, weight, beta, dx);
  }

  /** The type of the panels that products with such a matrix take: its own, or a wider one. */
  default DataType panelType(WeightRows weight) {
    return weight.type();
  }

  /**
   * Makes rows of a matrix.
   *
   * @param from the first row
   * @param panel [rows, columns] of {@link #panelType}, row-major; receives as many rows as it has
   */
  default void fill(WeightRows weight, int from, INDArray panel) {
    int rows = (int) panel.size(0);
    float[] values = new float[Math.toIntExact(panel.length())];
    weight.write(from, from + rows, values);
    try (INDArray made = Nd4j.createFromArray(values)) {
      panel.assign(made.reshape('c', panel.shape()));
    }
  }

  /** {@code y += x}, of the same shape. */
  default void add(INDArray x, INDArray y) {
    y.addi(x);
  }

  /**
   * {@code y = x}: both [n, m], whose rows may be parts of wider ones. One may be BFLOAT16, to
   * which numbers are rounded, while the other is FLOAT.
   */
  default void copy(INDArray x, INDArray y) {
    y.assign(x);
  }

  /** {@code rows += bias}: rows [n, m], bias [m]. */
  void addBias(INDArray rows, INDArray bias);

  /** {@code sums = Σ over rows}: rows [n, m], sums [m]. The gradient of a bias. */
  void columnSums(INDArray rows, INDArray sums);

  /**
   * {@code y = l ⊙ x}, each row times the vector: x and y [n, m], possibly the same array, l [m].
   */
  default void scaleColumns(INDArray x, INDArray l, INDArray y) {
    Nd4j.getExecutioner().exec(new BroadcastMulOp(x, l, y, 1));
  }

  /** {@code sums = Σ over rows of a ⊙ b}: a and b [n, m], sums [m]. */
  default void columnSumsOfProduct(INDArray a, INDArray b, INDArray sums) {
    INDArray product = Scratch.of(a.dataType(), a.shape());
    Nd4j.getExecutioner().exec(new MulOp(a, b, product));
    columnSums(product, sums);
    Scratch.release(product);
  }

  /** {@code out[i] = table[ids[i]]}: table [v, m], which may be BFLOAT16, and out [ids, m]. */
  void lookUp(INDArray table, int[] ids, INDArray out);

  /** {@code table = 0; table[ids[i]] += rows[i]}: the gradient of {@link #lookUp}. */
  void lookUpGradient(int[] ids, INDArray rows, INDArray table);

  /**
   * Root mean square normalisation (Zhang and Sennrich, 2019): {@code y = w·x·r} with {@code r =
   * 1/√(mean(x²) + ε)} for each row.
   *
   * @param x [n, m]
   * @param weight [m]
   * @param inverse [n], receives r, which the gradient needs
   */
  void rmsNorm(INDArray x, INDArray weight, double epsilon, INDArray y, INDArray inverse);

  /** The gradients of {@link #rmsNorm}. */
  void rmsNormGradient(
      INDArray x,
      INDArray weight,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient);

  /**
   * Layer normalisation (Ba et al., 2016): {@code y = w·(x − μ)·r + b} with {@code r = 1/√(var(x) +
   * ε)} for each row.
   *
   * @param x [n, m]
   * @param weight [m]
   * @param bias [m]; null for none
   * @param mean [n], receives μ
   * @param inverse [n], receives r
   */
  void layerNorm(
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse);

  /** The gradients of {@link #layerNorm}. */
  void layerNormGradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient);

  /**
   * Group normalisation (Wu and He, 2018): {@code y = w·(x − μ)·r + b} with {@code r = 1/√(var(x) +
   * ε)}, where mean and variance are those of a picture's pixels in a group of channels.
   *
   * @param x [batch·pixels, channels]
   * @param weight [channels]
   * @param bias [channels]
   * @param mean [batch, groups], receives μ
   * @param inverse [batch, groups], receives r
   */
  default void groupNorm(
      INDArray x,
      INDArray weight,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray mean,
      INDArray inverse) {
    Nd4jNorms.groupNorm(this, x, weight, bias, epsilon, y, mean, inverse);
  }

  /** The gradients of {@link #groupNorm}. */
  default void groupNormGradient(
      INDArray x,
      INDArray weight,
      INDArray mean,
      INDArray inverse,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray weightGradient,
      @Nullable INDArray biasGradient) {
    Nd4jNorms.groupNormGradient(
        this, x, weight, mean, inverse, dy, dx, weightGradient, biasGradient);
  }

  /**
   * {@code y = W ∗ x + b + beta·y}, a {@link Convolution}.
   *
   * @param x [batch·height·width, in]
   * @param weight [out, in·kernel], row-major; may be BFLOAT16 while the others are FLOAT
   * @param bias [out]; null for none
   * @param beta 0 to overwrite y, 1 to add to it
   * @param y [batch·height'·width', out]
   */
  default void convolution(
      Convolution shape,
      INDArray x,
      INDArray weight,
      @Nullable INDArray bias,
      double beta,
      INDArray y) {
    new Convolution.ShiftedProducts(this, shape).multiply(x, weight, bias, beta, y);
  }

  /**
   * The gradient of the input of {@link #convolution}, plus {@code beta·dx}.
   *
   * @param beta 0 to overwrite dx, 1 to add to it
   */
  default void convolutionInputGradient(
      Convolution shape, INDArray dy, INDArray weight, double beta, INDArray dx) {
    new Convolution.ShiftedProducts(this, shape).inputGradient(dy, weight, beta, dx);
  }

  /** The gradient of the weight of {@link #convolution}. */
  default void convolutionWeightGradient(
      Convolution shape, INDArray x, INDArray dy, INDArray weightGradient) {
    new Convolution.ShiftedProducts(this, shape).weightGradient(x, dy, weightGradient);
  }

  /** {@code y = f(x)}; y may be x. */
  void activation(Activation f, INDArray x, INDArray y);

  /** {@code dx = dy·f'(x)}; dx may be dy. */
  void activationGradient(Activation f, INDArray x, INDArray dy, INDArray dx);

  /**
   * {@code y = f(gate)·up}: the product of a gated MLP, SwiGLU with {@link Activation#SILU}.
   *
   * @param gate may have gaps between its rows, like all arrays here
   */
  void gated(Activation f, INDArray gate, INDArray up, INDArray y);

  /** The gradients of {@link #gated}; gateGradient may be gate, and upGradient up. */
  void gatedGradient(
      Activation f,
      INDArray gate,
      INDArray up,
      INDArray dy,
      INDArray gateGradient,
      INDArray upGradient);

  /**
   * Rotary position embedding (Su et al., 2021) in place: {@code x = x·cos + rotateHalf(x)·sin},
   * where {@code rotateHalf([a, b]) = [−b, a]}, for the first R features of each head; the rest
   * stay.
   *
   * @param x [B, T, H, D], each [H, D] contiguous
   * @param cos [1 or B, T, R], R even and at most D
   * @param sin [1 or B, T, R]
   */
  void rotate(INDArray x, INDArray cos, INDArray sin);

  /** The gradient of {@link #rotate}, in place: the inverse rotation. */
  void rotateBack(INDArray dx, INDArray cos, INDArray sin);

  /**
   * The number of elements that {@link #attention} keeps for the gradient: its probabilities, or
   * statistics of their rows, as {@link KeptProbabilities} says.
   *
   * @param type of q, k and v
   */
  long attentionMemory(AttentionPattern pattern, DataType type, long batch, int heads);

  /**
   * Whether that memory holds probabilities, which bear rounding, and not a statistic of each row.
   */
  default boolean attentionKeepsProbabilities(
      AttentionPattern pattern, DataType type, long batch, int heads) {
    return attentionMemory(pattern, type, batch, heads) > batch * heads * pattern.queries();
  }

  /**
   * Scaled dot-product attention, grouped if K &lt; H: for each head {@code P =
   * softmax(cap(scale·q·kᵀ) + bias)} over the keys that the pattern shows, {@code context = P·v}.
   * In q, k, v and context each [heads, D] is contiguous; they may be parts of wider rows.
   *
   * @param q [B, T, H, D]
   * @param k [B, S, K, D], as q or BFLOAT16
   * @param v [B, S, K, D], likewise
   * @param pattern what attends to what, and the bias
   * @param scores scale and cap
   * @param probabilities [{@link #attentionMemory}]; receives what the gradient needs to know of P
   * @param context [B, T, H, D]
   * @throws IllegalArgumentException if the pattern is for other numbers of queries, keys or rows
   */
  void attention(
      INDArray q,
      INDArray k,
      INDArray v,
      AttentionPattern pattern,
      AttentionScores scores,
      INDArray probabilities,
      INDArray context);

  /**
   * The gradients of {@link #attention}; {@code probabilities} and {@code context} are its results.
   * Each gradient has the shape of its array.
   *
   * @param biasGradient has the shape of the pattern's bias: the sum over the rows, or heads, that
   *     share it
   */
  void attentionGradient(
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
      @Nullable INDArray biasGradient);

  /**
   * Cross-entropy of each row with its label, {@code losses[i] = log Σⱼ exp(logits[i,j]) −
   * logits[i, labels[i]]}. Overwrites the logits with their gradient, {@code softmax(logits) −
   * onehot(labels)}, times {@code scale}.
   *
   * @param logits [n, v]
   * @param losses [n]
   */
  void crossEntropy(INDArray logits, int[] labels, double scale, INDArray losses);
}
