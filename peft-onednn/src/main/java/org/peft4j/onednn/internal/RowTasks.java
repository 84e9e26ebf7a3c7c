package org.peft4j.onednn.internal;

import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Splits work on the rows of matrices over the cores. Tasks copy rows to heap arrays and back,
 * because the JVM compiles loops over those to vector code.
 */
public final class RowTasks {
  /** Less work than this is not worth a second thread. */
  private static final long SMALL = 1 << 15;

  /** Processes the rows from {@code from} to {@code to}, exclusive. */
  public interface Task {
    void run(int from, int to);
  }

  private RowTasks() {}

  /** Runs {@code task} on parts of {@code rows} rows of {@code columns} elements. */
  public static void run(long rows, long columns, Task task) {
    int count = Math.toIntExact(rows);
    int parts =
        rows * columns < SMALL || Lanes.inside() ? 1 : Runtime.getRuntime().availableProcessors();
    if (parts == 1) {
      task.run(0, count);
      return;
    }
    IntStream.range(0, parts)
        .parallel()
        .forEach(
            part ->
                task.run(
                    (int) ((long) count * part / parts),
                    (int) ((long) count * (part + 1) / parts)));
  }

  /** The elements of a dense array. */
  public static FloatBuffer floats(INDArray array) {
    return Address.floats(array, array.length());
  }
}
