package org.peft4j.kernel;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.peft4j.kernel.Nd4jAttention.headsFirst;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.ScratchScope;

/** Rotary positions as a product with a fixed matrix R, {@code rotateHalf(x) = x·R}. */
final class Nd4jRotary {
  /**
   * @param turned the number of rotated features of a head
   */
  private record Width(DataType type, long headSize, long turned) {}

  /** A product with these is faster than reading separate halves. */
  private static final Map<Width, INDArray> ROTATIONS = new ConcurrentHashMap<>();

  private Nd4jRotary() {}

  /** {@code x·cos + (x·R)·sin}. */
  static void rotate(INDArray x, INDArray cos, INDArray sin, Kernels kernels) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray heads = headsFirst(x, scratch);
      INDArray rotated = scratch.like(heads);
      kernels.matmul(rows(heads), false, rotation(x, cos), false, 1, 0, rows(rotated));
      scaleByPosition(rotated, wide(sin, 0, x.size(3), scratch));
      scaleByPosition(heads, wide(cos, 1, x.size(3), scratch));
      x.assign(heads.addi(rotated).permute(0, 2, 1, 3));
    }
  }

  /** {@code dx = dy·cos + (dy·sin)·Rᵀ}. */
  static void rotateBack(INDArray dx, INDArray cos, INDArray sin, Kernels kernels) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray heads = headsFirst(dx, scratch);
      INDArray scaled = scratch.like(heads);
      scaled.assign(heads);
      scaleByPosition(scaled, wide(sin, 0, dx.size(3), scratch));
      scaleByPosition(heads, wide(cos, 1, dx.size(3), scratch));
      kernels.matmul(rows(scaled), false, rotation(dx, cos), true, 1, 1, rows(heads));
      dx.assign(heads.permute(0, 2, 1, 3));
    }
  }

  private static void scaleByPosition(INDArray heads, INDArray table) {
    long area = heads.size(2) * heads.size(3);
    if (table.size(0) == 1) {
      INDArray flat = heads.reshape('c', heads.size(0) * heads.size(1), area);
      Nd4j.exec(new BroadcastMulOp(flat, table.reshape('c', new long[] {area}), flat, 1));
    } else {
      INDArray flat = heads.reshape('c', heads.size(0), heads.size(1), area);
      Nd4j.exec(new BroadcastMulOp(flat, table.reshape('c', heads.size(0), area), flat, 0, 2));
    }
  }

  /** The table, with {@code rest} for the features without rotation. */
  private static INDArray wide(INDArray table, double rest, long size, ScratchScope scratch) {
    long turned = table.size(2);
    if (turned == size) {
      return table;
    }
    INDArray wide = scratch.array(table.dataType(), table.size(0), table.size(1), size);
    wide.assign(rest).get(all(), all(), interval(0, turned)).assign(table);
    return wide;
  }

  private static INDArray rotation(INDArray x, INDArray table) {
    Width width = new Width(x.dataType(), x.size(3), table.size(2));
    return ROTATIONS.computeIfAbsent(width, Nd4jRotary::rotation);
  }

  private static INDArray rotation(Width width) {
    int size = (int) width.headSize();
    int half = (int) width.turned() / 2;
    double[][] r = new double[size][size];
    for (int i = 0; i < half; i++) {
      r[half + i][i] = -1;
      r[i][half + i] = 1;
    }
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createFromArray(r).castTo(width.type());
    }
  }

  private static INDArray rows(INDArray x) {
    return x.reshape('c', x.length() / x.size(3), x.size(3));
  }
}
