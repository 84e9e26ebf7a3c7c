package org.peft4j.onednn.internal;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Copies rows that are parts of wider ones: ND4J copies such arrays number by number. */
public final class RowCopy {
  private RowCopy() {}

  /** Whether both are FLOAT [n, m] whose rows have no gaps inside, in other memory. */
  public static boolean possible(INDArray from, INDArray to) {
    return rows(from) && rows(to) && from.equalShapes(to) && from.data() != to.data();
  }

  private static boolean rows(INDArray x) {
    return x.rank() == 2
        && x.dataType() == DataType.FLOAT
        && x.length() > 0
        && x.stride(1) == 1
        && x.stride(0) >= x.size(1)
        && extent(x) <= Integer.MAX_VALUE / Float.BYTES;
  }

  private static long extent(INDArray x) {
    return (x.size(0) - 1) * x.stride(0) + x.size(1);
  }

  public static void run(INDArray from, INDArray to) {
    FloatBuffer source = Address.floats(from, extent(from));
    FloatBuffer target = Address.floats(to, extent(to));
    int columns = (int) from.size(1);
    int fromStep = (int) from.stride(0);
    int toStep = (int) to.stride(0);
    RowTasks.run(
        from.size(0),
        columns,
        (begin, end) -> {
          for (int i = begin; i < end; i++) {
            target.put(i * toStep, source, i * fromStep, columns);
          }
        });
  }
}
