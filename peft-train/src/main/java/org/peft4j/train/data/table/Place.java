package org.peft4j.train.data.table;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * Where a row stands.
 *
 * @param line from 1; 0 where the file is a row itself
 * @param column from 1; 0 where a row has a line of its own
 * @param header the names of a table's columns; empty for other files
 */
record Place(Path file, int line, int column, List<String> header) {
  static Place line(Path file, int line) {
    return new Place(file, line, 0, List.of());
  }

  /** A file that is a row itself. */
  static Place of(Path file) {
    return line(file, 0);
  }

  static Place of(Path file, int line, int column) {
    return new Place(file, line, column, List.of());
  }

  /** An error there. */
  PeftException problem(String text) {
    return new PeftException(this + " " + text);
  }

  /** The place of a field's value. */
  String of(String name) {
    int index = header.indexOf(name);
    return index < 0 ? toString() : this + ", column " + (index + 1);
  }

  @Override
  public String toString() {
    return line == 0
        ? file.toString()
        : file + ", line " + line + (column == 0 ? "" : ", column " + column);
  }
}
