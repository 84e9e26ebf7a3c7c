package org.peft4j.internal.graft;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * Neighbouring rows of a batch with the same adapter.
 *
 * @param adapter its name
 * @param from the first row
 * @param to the row after the last
 */
public record RowRun(String adapter, long from, long to) {
  /**
   * The runs of a batch.
   *
   * @param adapters the adapter of each sequence
   * @param rows the number of rows, the same for every sequence
   * @param place the layer or site, for messages
   * @throws PeftException if the rows do not divide among the adapters
   */
  static List<RowRun> of(List<String> adapters, long rows, String place) {
    if (rows % adapters.size() != 0) {
      throw new PeftException(
          "Adapters were named for "
              + adapters.size()
              + " sequences, but "
              + place
              + " got "
              + rows
              + " rows. Name one adapter for each sequence of the batch.");
    }
    long each = rows / adapters.size();
    List<RowRun> runs = new ArrayList<>();
    for (int from = 0, to; from < adapters.size(); from = to) {
      String adapter = adapters.get(from);
      to = from + 1;
      while (to < adapters.size() && adapters.get(to).equals(adapter)) {
        to++;
      }
      runs.add(new RowRun(adapter, from * each, to * each));
    }
    return runs;
  }
}
