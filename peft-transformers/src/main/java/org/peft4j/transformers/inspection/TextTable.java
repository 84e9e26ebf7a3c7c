package org.peft4j.transformers.inspection;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows of text in columns. Columns of numbers come last and are right-aligned. */
public final class TextTable {
  private static final int LEFT_COLUMNS = 3;

  /** Wider cells stick out: one long name in a file must not widen every line. */
  private static final int WIDEST = 120;

  private final int leftColumns;
  private final List<String[]> rows = new ArrayList<>();
  private final int[] widths;

  /** A table with numbers from the fourth column on. */
  TextTable(String... titles) {
    this(LEFT_COLUMNS, titles);
  }

  /**
   * A table.
   *
   * @param leftColumns the number of columns before those of numbers
   */
  public TextTable(int leftColumns, String... titles) {
    this.leftColumns = leftColumns;
    widths = new int[titles.length];
    row(titles);
  }

  /** Adds a row with a cell for each title. */
  public void row(String... cells) {
    rows.add(cells.clone());
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i], Math.min(WIDEST, cells[i].length()));
    }
  }

  /** A number with thousands separated by commas. */
  public static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** All rows, a line for each. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String padding = " ".repeat(Math.max(0, widths[i] - row[i].length()));
        line.append(i < leftColumns ? row[i] + padding : padding + row[i]).append("  ");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
