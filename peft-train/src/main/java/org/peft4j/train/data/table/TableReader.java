package org.peft4j.train.data.table;

import java.util.function.Consumer;

/** Gives the rows of one kind of file, in their order. */
interface TableReader {
  /**
   * Gives every row.
   *
   * @throws org.peft4j.error.PeftException if the file is broken: with line and column
   */
  void forEach(Consumer<Row> consumer);

  /** What a row is, for messages. */
  default String rowName() {
    return "row";
  }
}
