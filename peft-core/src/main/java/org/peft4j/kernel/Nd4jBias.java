package org.peft4j.kernel;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.reduce.same.Sum;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The additions to attention scores [B, H, T, S]: the bias of a pattern, and a number for hidden
 * keys. ND4J has no operation that sets such parts of an array, so the latter is a temporary array,
 * [1 or B, 1, T, S].
 */
final class Nd4jBias {
  /** Outweighs any score that it is added to, and stays finite. */
  private static final float HIDDEN = -1e30f;

  private Nd4jBias() {}

  static void add(AttentionPattern pattern, INDArray scores) {
    INDArray bias = pattern.bias();
    if (bias != null) {
      add(bias, scores);
    }
    if (!pattern.showsAll()) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray mask = typed(hidden(pattern), scores.dataType(), scratch);
        add(mask.reshape('c', pattern.rows(), 1, pattern.queries(), pattern.keys()), scores);
      }
    }
  }

  private static float[] hidden(AttentionPattern pattern) {
    int keys = pattern.keys();
    float[] values = new float[pattern.rows() * pattern.queries() * keys];
    KeyRange all = new KeyRange(0, keys);
    for (int i = 0; i < values.length / keys; i++) {
      int start = i * keys;
      pattern.forEachHidden(
          i / pattern.queries(),
          i % pattern.queries(),
          all,
          (from, end) -> Arrays.fill(values, start + from, start + end, HIDDEN));
    }
    return values;
  }

  /** Sets rows [B, H, T, D] of blind queries to zero. */
  static void clearBlind(AttentionPattern pattern, INDArray rows) {
    int batch = (int) rows.size(0);
    float[] sees = new float[batch * pattern.queries()];
    Arrays.fill(sees, 1);
    boolean all = true;
    for (int row = 0; row < batch; row++) {
      for (int query : pattern.blind(Math.min(row, pattern.rows() - 1))) {
        sees[row * pattern.queries() + query] = 0;
        all = false;
      }
    }
    if (!all) {
      try (ScratchScope scratch = new ScratchScope()) {
        INDArray factors = typed(sees, rows.dataType(), scratch);
        INDArray table = factors.reshape('c', batch, pattern.queries());
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

  /** Sums {@code ds} [B, H, T, S] over the rows and heads that share a bias. */
  static void gradient(INDArray ds, INDArray biasGradient) {
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
