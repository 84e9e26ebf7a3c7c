package org.peft4j.onednn.internal.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A lane's share of an attention: some key heads, with the queries that read them, of some
 * sequences.
 */
record Share(int firstHead, int heads, int firstSequence, int sequences) {
  /** The most work of a lane, in parts of an even split, with which lanes still pay. */
  private static final double UNEVEN = 1.5;

  /**
   * Splits the heads, the sequences or both into at most so many shares, as evenly as possible;
   * into one where that would be uneven.
   *
   * @param sums [1 or B, 1 or H, …]: heads or sequences that add to the same numbers are not split;
   *     null for none
   */
  static List<Share> split(int keyHeads, int batch, int most, @Nullable INDArray sums) {
    int columns = sums == null || sums.size(1) > 1 ? keyHeads : 1;
    int rows = sums == null || sums.size(0) > 1 ? batch : 1;
    int best = 1;
    int least = Integer.MAX_VALUE;
    for (int parts = 1; parts <= Math.min(most, columns); parts++) {
      int load = up(keyHeads, parts) * up(batch, Math.min(rows, most / parts));
      if (load <= least) {
        least = load;
        best = parts;
      }
    }
    return least * most > UNEVEN * keyHeads * batch
        ? List.of(new Share(0, keyHeads, 0, batch))
        : grid(keyHeads, batch, best, Math.min(rows, most / best));
  }

  /** Splits its heads into parts of {@code most} heads or fewer, as evenly as possible. */
  List<Share> parts(long most) {
    int count = (int) ((heads + most - 1) / most);
    return grid(heads, sequences, count, 1).stream()
        .map(part -> new Share(firstHead + part.firstHead, part.heads, firstSequence, sequences))
        .toList();
  }

  /** The most heads of a share. */
  static int mostHeads(List<Share> shares) {
    return shares.stream().mapToInt(Share::heads).max().orElse(0);
  }

  /** The numbers of its sequences. */
  List<Integer> eachSequence() {
    return IntStream.range(firstSequence, firstSequence + sequences).boxed().toList();
  }

  private static List<Share> grid(int keyHeads, int batch, int columns, int rows) {
    List<Share> shares = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int sequence = batch * row / rows;
      int sequences = batch * (row + 1) / rows - sequence;
      for (int column = 0; column < columns; column++) {
        int head = keyHeads * column / columns;
        int heads = keyHeads * (column + 1) / columns - head;
        shares.add(new Share(head, heads, sequence, sequences));
      }
    }
    return shares;
  }

  private static int up(int count, int parts) {
    return (count + parts - 1) / parts;
  }
}
