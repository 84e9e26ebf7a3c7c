package org.peft4j.transformers.inspection;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows of text in columns; the columns of numbers, from the fourth on, are set to the right. */
final class TextTable {
  private static final int LEFT_COLUMNS = 3;

  private final List<String[]> rows = new ArrayList<>();
  private final int[] widths;

  TextTable(String... titles) {
    widths = new int[titles.length];
    row(titles);
  }

  void row(String... cells) {
    rows.add(cells.clone());
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i], cells[i].length());
    }
  }

  static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  String text() {
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String padding = " ".repeat(widths[i] - row[i].length());
        line.append(i < LEFT_COLUMNS ? row[i] + padding : padding + row[i]).append("  ");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
