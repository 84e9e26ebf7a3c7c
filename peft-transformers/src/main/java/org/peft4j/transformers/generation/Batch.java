package org.peft4j.transformers.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The growing rows of a batch: prompts padded on the left, then one token for each row at every
 * step.
 */
final class Batch {
  private final List<int[]> prompts;
  private final int width;
  private final int padding;
  private final int[][] ids;
  private final @Nullable Ending[] endings;
  private final int[] ends;
  private int length;

  /**
   * @param padding the padding id
   * @param room the most new tokens of a row
   */
  Batch(List<int[]> prompts, int padding, int room) {
    this.prompts = prompts;
    this.padding = padding;
    this.width = prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
    this.ids = new int[prompts.size()][width + room];
    this.endings = new @Nullable Ending[prompts.size()];
    this.ends = new int[prompts.size()];
    this.length = width;
    for (int i = 0; i < ids.length; i++) {
      int[] prompt = prompts.get(i);
      Arrays.fill(ids[i], padding);
      System.arraycopy(prompt, 0, ids[i], width - prompt.length, prompt.length);
    }
  }

  int rows() {
    return ids.length;
  }

  int padding() {
    return padding;
  }

  boolean ended(int row) {
    return endings[row] != null;
  }

  boolean ended() {
    return Arrays.stream(endings).allMatch(ending -> ending != null);
  }

  /** The row so far, with its padding on the left. */
  int[] soFar(int row) {
    return Arrays.copyOf(ids[row], length);
  }

  /** The padded prompts [rows, width]. */
  int[][] padded() {
    return slice(0, width);
  }

  /** 1 for a token, 0 for padding, [rows, width]. */
  int[][] mask() {
    int[][] mask = new int[ids.length][width];
    for (int i = 0; i < mask.length; i++) {
      Arrays.fill(mask[i], width - prompts.get(i).length, width, 1);
    }
    return mask;
  }

  /** The latest token of each row, [rows, 1]; padding where a row has ended. */
  int[][] latest() {
    return slice(length - 1, length);
  }

  private int[][] slice(int from, int to) {
    return Arrays.stream(ids).map(row -> Arrays.copyOfRange(row, from, to)).toArray(int[][]::new);
  }

  /** Appends a token to every row; rows that have ended ignore theirs. */
  void append(int[] tokens, RowEnds end) {
    for (int row = 0; row < ids.length; row++) {
      if (!ended(row)) {
        ids[row][length] = tokens[row];
        ends[row] = length + 1;
        endings[row] = end.of(Arrays.copyOf(ids[row], length + 1)).orElse(null);
      }
    }
    length++;
  }

  /** Ends all rows that have not ended yet. */
  void end(Ending ending) {
    for (int row = 0; row < ids.length; row++) {
      if (!ended(row)) {
        endings[row] = ending;
      }
    }
  }

  Generation result() {
    List<GeneratedRow> rows = new ArrayList<>();
    for (int row = 0; row < ids.length; row++) {
      Ending ending = endings[row];
      if (ending == null) {
        throw new IllegalStateException("Row " + row + " has not ended.");
      }
      int[] tokens = Arrays.copyOfRange(ids[row], width, ends[row]);
      rows.add(new GeneratedRow(boxed(prompts.get(row)), boxed(tokens), ending));
    }
    return new Generation(rows, padding);
  }

  /**
   * The results of beam search.
   *
   * @param texts prompt by prompt, with the padded prompts
   * @param last why a text without an end has ended
   */
  Generation result(List<int[]> texts, RowEnds end, Ending last) {
    int each = texts.size() / prompts.size();
    List<GeneratedRow> rows = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      int[] text = texts.get(i);
      rows.add(
          new GeneratedRow(
              boxed(prompts.get(i / each)),
              boxed(Arrays.copyOfRange(text, width, text.length)),
              end.of(text).orElse(last)));
    }
    return new Generation(rows, padding);
  }

  private static List<Integer> boxed(int[] ids) {
    return Arrays.stream(ids).boxed().toList();
  }
}
