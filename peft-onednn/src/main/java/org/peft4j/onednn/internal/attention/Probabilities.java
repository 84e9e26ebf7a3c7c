package org.peft4j.onednn.internal.attention;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.global.dnnl;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.attention.TileScores.Operand;
import org.peft4j.onednn.internal.operation.BatchProduct.After;
import org.peft4j.onednn.internal.operation.Pointwise;
import org.peft4j.onednn.internal.operation.Softmax;

/** Computes the probabilities of a tile's keys: the softmax of what its queries score them. */
record Probabilities(AttentionTiles tiles, AttentionScores scores, BlindQueries blind) {
  /**
   * Computes those of a tile.
   *
   * @param statistics [B, H, T], receives the logarithm of each query's sum of exponentials; null
   *     for none
   */
  void compute(INDArray q, INDArray k, TileScores p, @Nullable INDArray statistics) {
    score(q, k, p);
    if (scores.capped()) {
      Pointwise.apply(
          dnnl.algorithm.eltwise_linear,
          (float) scores.softCap(),
          0,
          p.address(),
          p.address(),
          p.elements());
    }
    INDArray bias = tiles.pattern().bias();
    if (bias != null) {
      new BiasRows(bias).addTo(p);
    }
    HiddenScores.set(tiles.pattern(), p, HiddenScores.SCORE);
    if (statistics == null) {
      Softmax.apply(p.address(), p.rows(), p.tile().keys());
    } else {
      softmaxWithStatistics(p, statistics);
    }
    blind.clear(p);
  }

  /** With m the largest score of a row, its probability is {@code exp(m − lse)}. */
  private void softmaxWithStatistics(TileScores p, INDArray statistics) {
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray largest = scratch.array(DataType.FLOAT, 2, p.rows());
      long second = Address.of(largest) + p.rows() * Float.BYTES;
      Softmax.largest(p.address(), p.rows(), p.tile().keys(), Address.of(largest));
      Softmax.apply(p.address(), p.rows(), p.tile().keys());
      Softmax.largest(p.address(), p.rows(), p.tile().keys(), second);
      FloatBuffer values = RowTasks.floats(largest);
      FloatBuffer all = RowTasks.floats(statistics);
      int rows = (int) p.rows();
      for (int i = 0; i < rows; i++) {
        float lse = (float) (values.get(i) - Math.log(values.get(rows + i)));
        int head = p.firstHead() + i / p.tile().count();
        int query = p.tile().first() + i % p.tile().count();
        all.put(tiles.statistic(p.sequence(), head, query), lse);
      }
    }
  }

  /** Computes the scores of a tile; {@code tanh(score / c)} if there is a soft cap c. */
  private void score(INDArray q, INDArray k, TileScores out) {
    double scale = scores.capped() ? scores.scale() / scores.softCap() : scores.scale();
    int group = tiles.group();
    for (int i = 0; i < group; i++) {
      Operand to = out.operand(i, group);
      Operand keys = tiles.keys(k, out).transposed();
      AttentionTiles.multiply(tiles.rows(q, out, i), keys, to, scale, After.NOTHING);
    }
    if (scores.capped()) {
      Pointwise.apply(
          dnnl.algorithm.eltwise_tanh, 0, 0, out.address(), out.address(), out.elements());
    }
  }

  /** Sums the values, weighted by their probabilities. */
  void read(TileScores p, INDArray v, INDArray context) {
    int group = tiles.group();
    for (int i = 0; i < group; i++) {
      Operand to = tiles.rows(context, p, i);
      AttentionTiles.multiply(p.operand(i, group), tiles.keys(v, p), to, 1, After.NOTHING);
    }
  }

  /** Brings gradients of capped scores to those of scores. */
  void throughCap(INDArray q, INDArray k, TileScores gradients) {
    try (ReusedScope scratch = new ReusedScope()) {
      TileScores tanh = gradients.in(scratch.array(DataType.FLOAT, gradients.elements()));
      score(q, k, tanh);
      Pointwise.gradientByResult(
          dnnl.algorithm.eltwise_tanh_use_dst_for_bwd,
          tanh.address(),
          gradients.address(),
          gradients.address(),
          gradients.elements());
    }
  }
}
