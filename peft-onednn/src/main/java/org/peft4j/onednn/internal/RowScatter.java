package org.peft4j.onednn.internal;

import static org.peft4j.onednn.internal.Layouts.dense;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums rows into those of a table; cores share the columns, so that sums have one order. */
public final class RowScatter {
  private RowScatter() {}

  /** Whether both are dense matrices in single precision. */
  public static boolean possible(INDArray rows, INDArray table) {
    return dense(rows, table) && rows.rank() == 2 && table.rank() == 2;
  }

  /**
   * {@code table[j] = Σ rows[i]} over all i with {@code ids[i] = j}.
   *
   * @param rows [ids, columns]
   * @param table [n, columns]
   */
  public static void run(int[] ids, INDArray rows, INDArray table) {
    table.assign(0);
    int columns = (int) table.size(1);
    FloatBuffer source = RowTasks.floats(rows);
    FloatBuffer target = RowTasks.floats(table);
    RowTasks.run(
        columns,
        ids.length,
        (from, to) -> {
          float[] row = new float[to - from];
          float[] sum = new float[to - from];
          for (int i = 0; i < ids.length; i++) {
            int at = ids[i] * columns + from;
            source.get(i * columns + from, row);
            target.get(at, sum);
            for (int j = 0; j < sum.length; j++) {
              sum[j] += row[j];
            }
            target.put(at, sum);
          }
        });
  }
}
