package org.peft4j.onednn;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;
import org.peft4j.memory.ReusedScope;
import org.peft4j.onednn.internal.Lanes;
import org.peft4j.onednn.internal.MatrixRows;

/**
 * Gates whose rows have gaps between them, as the halves of what one map gives, and gradients that
 * overwrite what they are of: a few rows at a time, in dense memory that stays in a core's cache.
 */
final class GatedRows {
  /** Numbers of each array at a time, unless a row has more. */
  private static final long PIECE = 1 << 14;

  /** Fewer numbers are not worth a second core. */
  private static final long SMALL = 1 << 15;

  private GatedRows() {}

  /** Whether {@link MatrixRows} takes all of them. */
  static boolean possible(INDArray... matrices) {
    return Arrays.stream(matrices).allMatch(MatrixRows::possible);
  }

  /** {@code y = f(gate) ⊙ up}. */
  static void apply(Activation f, INDArray gate, INDArray up, INDArray y) {
    run(
        List.of(gate, up),
        List.of(y),
        piece -> Activations.gated(f, piece.get(0), piece.get(1), piece.get(2)));
  }

  /** The gradients of gate and up, given y's. */
  static void gradient(
      Activation f, INDArray gate, INDArray up, INDArray dy, INDArray dGate, INDArray dUp) {
    run(
        List.of(gate, up, dy),
        List.of(dGate, dUp),
        piece ->
            Activations.gatedGradient(
                f, piece.get(0), piece.get(1), piece.get(2), piece.get(3), piece.get(4)));
  }

  private interface Task {
    /** Computes some rows of all matrices, those that are read first. */
    void run(List<INDArray> piece);
  }

  /** Splits the rows over the cores, and those of a core into pieces. */
  private static void run(List<INDArray> read, List<INDArray> written, Task task) {
    long rows = read.get(0).size(0);
    long columns = read.get(0).size(1);
    long lanes = rows * columns < SMALL ? 1 : Math.min(Lanes.most(), rows);
    long most = Math.min(Math.max(PIECE / columns, 1), (rows + lanes - 1) / lanes);
    List<MatrixRows> from = read.stream().map(MatrixRows::of).toList();
    List<MatrixRows> to = written.stream().map(MatrixRows::of).toList();
    try (ReusedScope scratch = new ReusedScope()) {
      INDArray memory =
          scratch.array(DataType.FLOAT, lanes, from.size() + to.size(), most, columns);
      List<Runnable> tasks = new ArrayList<>();
      for (long lane = 0; lane < lanes; lane++) {
        int begin = (int) (rows * lane / lanes);
        int end = (int) (rows * (lane + 1) / lanes);
        INDArray own = memory.slice(lane);
        tasks.add(() -> run(begin, end, own, from, to, task));
      }
      Lanes.run(tasks);
    }
  }

  private static void run(
      int begin, int end, INDArray memory, List<MatrixRows> from, List<MatrixRows> to, Task task) {
    int most = (int) memory.size(1);
    Piece piece = Piece.of(memory, most);
    for (int row = begin; row < end; row += most) {
      int count = Math.min(most, end - row);
      Piece part = count == most ? piece : Piece.of(memory, count);
      for (int i = 0; i < from.size(); i++) {
        from.get(i).copy(row, count, part.rows().get(i), 0);
      }
      task.run(part.arrays());
      for (int i = 0; i < to.size(); i++) {
        part.rows().get(from.size() + i).copy(0, count, to.get(i), row);
      }
    }
  }

  /** So many rows of each matrix, without gaps. */
  private record Piece(List<INDArray> arrays, List<MatrixRows> rows) {
    static Piece of(INDArray memory, long count) {
      List<INDArray> arrays = new ArrayList<>();
      for (long i = 0; i < memory.size(0); i++) {
        arrays.add(memory.slice(i).get(interval(0, count), all()));
      }
      return new Piece(arrays, arrays.stream().map(MatrixRows::of).toList());
    }
  }
}
