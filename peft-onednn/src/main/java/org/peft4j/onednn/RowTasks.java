package org.peft4j.onednn;

import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;

/**
 * Work on the rows of matrices, split over the cores. Rows are copied to arrays on the heap and
 * back: loops over those are what the JVM compiles to vector code.
 */
final class RowTasks {
  /** Less work than this is not worth a second thread. */
  private static final long SMALL = 1 << 15;

  /** Takes the rows from {@code from} up to, not including, {@code to}. */
  interface Task {
    void run(int from, int to);
  }

  private RowTasks() {}

  /** Runs {@code task} on parts of {@code rows} rows of {@code columns} elements. */
  static void run(long rows, long columns, Task task) {
    int count = Math.toIntExact(rows);
    int parts = rows * columns < SMALL ? 1 : Runtime.getRuntime().availableProcessors();
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
  static FloatBuffer floats(INDArray array) {
    return Address.floats(array, array.length());
  }
}
