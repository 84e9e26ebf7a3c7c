package org.peft4j.train.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Best-fit decreasing (Johnson, 1974; for texts Ding et al., 2024): the longest item first, each
 * into the block that it fills most, the earliest of equal ones. At most 11/9 of the fewest
 * possible blocks, and 1.
 */
final class BestFit {
  private BestFit() {}

  /**
   * Puts items into blocks.
   *
   * @param lengths of the items, each at most {@code block}
   * @param block the length of a block
   * @return the items of each block, both in the order in which they were put there, as TRL's
   *     {@code bfd} has them
   */
  static List<List<Integer>> blocks(int[] lengths, int block) {
    List<List<Integer>> blocks = new ArrayList<>();
    NavigableMap<Integer, List<List<Integer>>> byRoom = new TreeMap<>();
    IntStream.range(0, lengths.length)
        .boxed()
        .sorted(Comparator.comparing((Integer item) -> -lengths[item]))
        .forEach(
            item -> {
              var best = byRoom.ceilingEntry(lengths[item]);
              List<Integer> into = best == null ? new ArrayList<>() : best.getValue().remove(0);
              if (best == null) {
                blocks.add(into);
              } else if (best.getValue().isEmpty()) {
                byRoom.remove(best.getKey());
              }
              into.add(item);
              int room = (best == null ? block : best.getKey()) - lengths[item];
              byRoom.computeIfAbsent(room, none -> new ArrayList<>()).add(into);
            });
    return blocks;
  }
}
