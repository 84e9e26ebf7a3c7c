package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;

/** Sequences side by side, [rows, time]. Shorter ones are padded on the right. */
public final class TokenBatch implements Batch {
  private final int[][] inputIds;
  private final int[][] attentionMask;
  private final int[][] labels;
  private final List<Integer> tasks;
  private final int labelled;
  private final int tokens;

  private TokenBatch(
      int[][] inputIds, int[][] attentionMask, int[][] labels, List<Integer> tasks, int labelled) {
    this.inputIds = inputIds;
    this.attentionMask = attentionMask;
    this.labels = labels;
    this.tasks = tasks;
    this.labelled = labelled;
    this.tokens = Arrays.stream(attentionMask).flatMapToInt(Arrays::stream).sum();
  }

  static TokenBatch of(List<TokenSequence> rows, int padToken) {
    int time = rows.stream().mapToInt(TokenSequence::length).max().orElse(0);
    int[][] ids = new int[rows.size()][];
    int[][] mask = new int[rows.size()][];
    int[][] labels = new int[rows.size()][];
    int labelled = 0;
    for (int i = 0; i < rows.size(); i++) {
      TokenSequence row = rows.get(i);
      ids[i] = padded(row.ids(), time, padToken);
      mask[i] = padded(row.mask(), time, 0);
      labels[i] =
          row.isClassified()
              ? row.labels().clone()
              : padded(row.labels(), time, TokenSequence.IGNORED);
      labelled += row.labelled();
    }
    List<Integer> tasks = rows.stream().flatMap(row -> row.task().stream()).toList();
    return new TokenBatch(
        ids, mask, labels, tasks.size() == rows.size() ? tasks : List.of(), labelled);
  }

  private static int[] padded(int[] values, int length, int padding) {
    int[] result = Arrays.copyOf(values, length);
    Arrays.fill(result, values.length, length, padding);
    return result;
  }

  /** Token ids, [rows, time]. */
  public int[][] inputIds() {
    return inputIds;
  }

  /** 1 for a token, 0 for padding, [rows, time]. */
  public int[][] attentionMask() {
    return attentionMask;
  }

  /**
   * Token ids, or {@value TokenSequence#IGNORED} where there is nothing to predict, [rows, time];
   * class numbers, [rows, 1], for a classifier.
   */
  public int[][] labels() {
    return labels;
  }

  /** The task of each row; empty unless every row has one. */
  public List<Integer> tasks() {
    return tasks;
  }

  public int rows() {
    return inputIds.length;
  }

  public int time() {
    return inputIds.length == 0 ? 0 : inputIds[0].length;
  }

  /** The number of labels to predict. */
  public int labelled() {
    return labelled;
  }

  @Override
  public int tokens() {
    return tokens;
  }

  /** Whether a position is padding. */
  public boolean isPadded() {
    return tokens < rows() * time();
  }
}
