package org.peft4j.kernel;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.memory.ScratchScope;

/**
 * The additions to attention scores [B, H, T, S]: the bias of a pattern, and a number for hidden
 * keys. ND4J has no operation that sets such parts of an array, so the latter is a temporary array,
 * [1 or B, 1, T, S].
 */
final class Nd4jBias {
  /** Outweighs any score that it is added to, and stays finite. */
  private static final float HIDDEN = -1e30f;

  private Nd4jBias() {}

  /** Adds to the scores of a tile, [B, H, queries, keys]. */
  static void add(AttentionPattern pattern, Tile tile, INDArray scores) {
    INDArray bias = pattern.bias();
    try (ScratchScope scratch = new ScratchScope()) {
      if (bias != null) {
        add(part(bias, tile, scratch), scores);
      }
      if (!pattern.showsAll()) {
        INDArray mask = typed(hidden(pattern, tile), scores.dataType(), scratch);
        add(mask.reshape('c', pattern.rows(), 1, tile.count(), tile.keys()), scores);
      }
    }
  }

  /** A tile's part of a bias; the bias itself where it is all of it. */
  private static INDArray part(INDArray bias, Tile tile, ScratchScope scratch) {
    boolean whole = tile.count() == bias.size(2) && tile.keys() == bias.size(3);
    return whole ? bias : scratch.mine(view(bias, tile).dup('c'));
  }

  private static INDArray view(INDArray bias, Tile tile) {
    return bias.get(
        all(),
        all(),
        interval(tile.first(), tile.first() + tile.count()),
        interval(tile.range().first(), tile.range().end()));
  }

  private static float[] hidden(AttentionPattern pattern, Tile tile) {
    int keys = tile.keys();
    int first = tile.range().first();
    float[] values = new float[pattern.rows() * tile.count() * keys];
    for (int i = 0; i < values.length / keys; i++) {
      int start = i * keys - first;
      pattern.forEachHidden(
          i / tile.count(),
          tile.first() + i % tile.count(),
          tile.range(),
          (from, end) -> Arrays.fill(values, start + from, start + end, HIDDEN));
    }
    return values;
  }

  /** Multiplies the rows of a tile's blind queries in [B, H, queries, n]. */
  static void scaleBlind(AttentionPattern pattern, Tile tile, double factor, INDArray rows) {
    int batch = (int) rows.size(0);
    double[] factors = new double[batch * tile.count()];
    Arrays.fill(factors, 1);
    boolean all = true;
    for (int row = 0; row < batch; row++) {
      for (int query : pattern.blind(Math.min(row, pattern.rows() - 1))) {
        int own = query - tile.first();
        if (own >= 0 && own < tile.count()) {
          factors[row * tile.count() + own] = factor;
          all = false;
        }
      }
    }
    if (!all) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray table = scratch.array(rows.dataType(), batch, tile.count());
        table.assign(scratch.mine(Nd4j.createFromArray(factors)).reshape('c', table.shape()));
        Nd4j.exec(new BroadcastMulOp(rows, table, rows, 0, 2));
      }
    }
  }

  private static INDArray typed(float[] values, DataType type, ScratchScope scratch) {
    INDArray floats = scratch.mine(Nd4j.createFromArray(values));
    return type == DataType.FLOAT ? floats : scratch.mine(floats.castTo(type));
  }

  /** {@code scores += addend}, [1 or B, 1 or H, T, S]. */
  private static void add(INDArray addend, INDArray scores) {
    long batch = scores.size(0);
    long heads = scores.size(1);
    long area = scores.size(2) * scores.size(3);
    if (addend.size(0) == 1) {
      long row = addend.size(1) * area;
      INDArray flat = scores.reshape('c', scores.length() / row, row);
      Nd4j.exec(new BroadcastAddOp(flat, addend.reshape('c', new long[] {row}), flat, 1));
    } else if (addend.size(1) == 1) {
      INDArray flat = scores.reshape('c', batch, heads, area);
      Nd4j.exec(new BroadcastAddOp(flat, addend.reshape('c', batch, area), flat, 0, 2));
    } else {
      scores.addi(addend);
    }
  }

  /** Writes a tile's part of the bias' gradient, given {@code ds} [B, H, queries, keys]. */
  static void gradient(INDArray ds, Tile tile, INDArray biasGradient) {
    boolean whole = tile.count() == biasGradient.size(2) && tile.keys() == biasGradient.size(3);
    if (whole) {
      gradient(ds, biasGradient);
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      long[] shape = {biasGradient.size(0), biasGradient.size(1), tile.count(), tile.keys()};
      INDArray part = scratch.array(ds.dataType(), shape);
      gradient(ds, part);
      view(biasGradient, tile).assign(part);
    }
  }

  /** Sums {@code ds} over the rows and heads that share a bias. */
  private static void gradient(INDArray ds, INDArray biasGradient) {
    boolean overRows = biasGradient.size(0) < ds.size(0);
    boolean overHeads = biasGradient.size(1) < ds.size(1);
    if (overRows && overHeads) {
      sum(ds, biasGradient, 0, 1);
    } else if (overRows) {
      sum(ds, biasGradient, 0);
    } else if (overHeads) {
      sum(ds, biasGradient, 1);
    } else {
      biasGradient.assign(ds);
    }
  }

  private static void sum(INDArray ds, INDArray biasGradient, int... dimensions) {
    Sum sum = new Sum(ds, biasGradient, dimensions);
    sum.setKeepDims(true);
    Nd4j.exec(sum);
  }
}
