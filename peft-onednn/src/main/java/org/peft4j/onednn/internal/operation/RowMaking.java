package org.peft4j.onednn.internal.operation;

import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.WeightRows;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.RowTasks;
import org.peft4j.onednn.internal.vector.Rounding;

/** Makes rows of weights in a panel, split over the cores. */
public final class RowMaking {
  /** Elements that a thread makes at once, on the heap: few enough for the nearest cache. */
  private static final int PIECE = 1 << 12;

  private RowMaking() {}

  /** Whether the panel is memory of one of these types without gaps. */
  public static boolean possible(INDArray panel) {
    boolean type = panel.dataType() == DataType.FLOAT || panel.dataType() == DataType.BFLOAT16;
    return type && panel.stride(1) == 1 && panel.stride(0) == panel.size(1);
  }

  public static void fill(WeightRows weight, int first, INDArray panel) {
    int columns = Math.toIntExact(panel.size(1));
    int step = Math.max(1, PIECE / columns);
    boolean half = panel.dataType() == DataType.BFLOAT16;
    long bytes = panel.length() * panel.dataType().width();
    ShortBuffer shorts = Address.bytes(panel, 0, bytes).asShortBuffer();
    FloatBuffer floats = Address.bytes(panel, 0, bytes).asFloatBuffer();
    RowTasks.run(
        panel.size(0),
        columns,
        (from, to) -> {
          float[] made = new float[step * columns];
          short[] rounded = new short[half ? made.length : 0];
          for (int row = from; row < to; row += step) {
            int rows = Math.min(step, to - row);
            weight.write(first + row, first + row + rows, made);
            if (half) {
              Rounding.round(made, rounded, rows * columns);
              shorts.put(row * columns, rounded, 0, rows * columns);
            } else {
              floats.put(row * columns, made, 0, rows * columns);
            }
          }
        });
  }
}
