package org.peft4j.train.data.task;

import java.util.List;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.table.Row;

/** Makes the sequences of a row, for one task. */
interface RowEncoder {
  /**
   * The sequences of a row: one, or the windows of a long one.
   *
   * @throws org.peft4j.error.PeftException if the row lacks a field, or a value is not allowed:
   *     with file, line and column
   */
  List<TokenSequence> encode(Row row);
}
