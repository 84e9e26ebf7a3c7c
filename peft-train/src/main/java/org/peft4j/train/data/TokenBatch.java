package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Sequences side by side, [rows, time]. Shorter ones are padded on the right. */
public final class TokenBatch implements Batch {
  private final int[][] inputIds;
  private final int[][] attentionMask;
  private final int[][] labels;
  private final Optional<DecoderInput> decoder;
  private final List<Integer> tasks;
  private final int labelled;
  private final int tokens;

  /**
   * The input of the decoder of an encoder-decoder.
   *
   * @param ids [rows, length]
   * @param mask [rows, length], 1 for a token, 0 for padding
   */
  public record DecoderInput(int[][] ids, int[][] mask) {
    private static DecoderInput of(List<TokenSequence.Decoded> rows, int padToken) {
      List<int[]> ids = rows.stream().map(TokenSequence.Decoded::ids).toList();
      List<int[]> masks = rows.stream().map(TokenSequence.Decoded::mask).toList();
      return new DecoderInput(TokenBatch.padded(ids, padToken), TokenBatch.padded(masks, 0));
    }

    /** Whether a position is padding. */
    public boolean isPadded() {
      return sum(mask) < (long) mask.length * mask[0].length;
    }
  }

  private TokenBatch(
      int[][] inputIds,
      int[][] attentionMask,
      int[][] labels,
      Optional<DecoderInput> decoder,
      List<Integer> tasks,
      int labelled) {
    this.inputIds = inputIds;
    this.attentionMask = attentionMask;
    this.labels = labels;
    this.decoder = decoder;
    this.tasks = tasks;
    this.labelled = labelled;
    this.tokens = sum(attentionMask) + decoder.map(input -> sum(input.mask())).orElse(0);
  }

  private static int sum(int[][] mask) {
    return Arrays.stream(mask).flatMapToInt(Arrays::stream).sum();
  }

  static TokenBatch of(List<TokenSequence> rows, int padToken) {
    List<TokenSequence.Decoded> decoded =
        rows.stream().flatMap(row -> row.decoded().stream()).toList();
    List<Integer> tasks = rows.stream().flatMap(row -> row.task().stream()).toList();
    return new TokenBatch(
        padded(rows.stream().map(TokenSequence::ids).toList(), padToken),
        padded(rows.stream().map(TokenSequence::mask).toList(), 0),
        padded(rows.stream().map(TokenSequence::labels).toList(), TokenSequence.IGNORED),
        decoded.isEmpty() ? Optional.empty() : Optional.of(DecoderInput.of(decoded, padToken)),
        tasks.size() == rows.size() ? tasks : List.of(),
        rows.stream().mapToInt(TokenSequence::labelled).sum());
  }

  /** The rows as long as the longest of them. */
  private static int[][] padded(List<int[]> rows, int padding) {
    int length = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    return rows.stream().map(row -> padded(row, length, padding)).toArray(int[][]::new);
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
   * Token ids, or {@value TokenSequence#IGNORED} where there is nothing to predict, [rows, time],
   * or [rows, length] of an encoder-decoder; class numbers, [rows, 1], for a classifier.
   */
  public int[][] labels() {
    return labels;
  }

  /** The input of the decoder; empty for a model of one stack. */
  public Optional<DecoderInput> decoder() {
    return decoder;
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

  /** Whether a position is padding; of an encoder-decoder, one of the encoder. */
  public boolean isPadded() {
    return sum(attentionMask) < rows() * time();
  }
}
