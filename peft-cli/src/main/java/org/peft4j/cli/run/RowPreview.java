package org.peft4j.cli.run;

import java.io.PrintWriter;
import java.util.Arrays;
import org.peft4j.cli.options.TerminalWriter;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.chat.SupervisedRow;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** A row as text, with what is learned in green, or between brackets. */
final class RowPreview {
  private final PrintWriter out;
  private final Tokenizer tokenizer;
  private final boolean colors;

  RowPreview(PrintWriter out, Tokenizer tokenizer, boolean colors) {
    this.out = out;
    this.tokenizer = tokenizer;
    this.colors = colors;
  }

  void print(SupervisedRow row) {
    int[] ids = row.ids();
    String before = "";
    for (int from = 0, to; from < ids.length; from = to) {
      boolean learned = isLearned(row, from);
      to = from + 1;
      while (to < ids.length && isLearned(row, to) == learned) {
        to++;
      }
      // Parts of what is decoded so far: a part alone may lose its first space.
      String until = tokenizer.decode(Arrays.copyOf(ids, to), false);
      String part =
          until.startsWith(before)
              ? until.substring(before.length())
              : tokenizer.decode(Arrays.copyOfRange(ids, from, to), false);
      before = until;
      print(part, learned);
    }
    out.println();
  }

  private static boolean isLearned(SupervisedRow row, int token) {
    return token > 0 && row.labels()[token] != TokenSequence.IGNORED;
  }

  private void print(String part, boolean learned) {
    if (!learned) {
      out.print(part);
    } else if (colors && out instanceof TerminalWriter terminal) {
      terminal.green(part);
    } else {
      out.print("[[" + part + "]]");
    }
  }
}
