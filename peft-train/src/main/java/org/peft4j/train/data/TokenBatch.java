package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Sequences side by side, [rows, time]. Shorter ones are padded on the right. */
public final class TokenBatch implements Batch {
  private final int[][] inputIds;
  private final int[][] attentionMask;
  private final Optional<int[][]> types;
  private final List<Target> targets;
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
      return shown(mask) < (long) mask.length * mask[0].length;
    }
  }

  private TokenBatch(
      int[][] inputIds,
      int[][] attentionMask,
      Optional<int[][]> types,
      List<Target> targets,
      Optional<DecoderInput> decoder,
      List<Integer> tasks) {
    this.inputIds = inputIds;
    this.attentionMask = attentionMask;
    this.types = types;
    this.targets = targets;
    this.labels = padded(targets.stream().map(Target::labels).toList(), TokenSequence.IGNORED);
    this.decoder = decoder;
    this.tasks = tasks;
    this.labelled = targets.stream().mapToInt(Target::predictions).sum();
    this.tokens = shown(attentionMask) + decoder.map(input -> shown(input.mask())).orElse(0);
  }

  private static int shown(int[][] mask) {
    return (int) Arrays.stream(mask).flatMapToInt(Arrays::stream).filter(n -> n > 0).count();
  }

  /**
   * Some sequences, with the same kind of label; all with a task, or none.
   *
   * @param padToken the id that fills short rows; a mask hides it
   */
  public static TokenBatch of(List<TokenSequence> rows, int padToken) {
    List<TokenSequence.Decoded> decoded =
        rows.stream().flatMap(row -> row.decoded().stream()).toList();
    return new TokenBatch(
        padded(rows.stream().map(TokenSequence::ids).toList(), padToken),
        padded(rows.stream().map(TokenSequence::mask).toList(), 0),
        types(rows),
        rows.stream().map(TokenSequence::target).toList(),
        decoded.isEmpty() ? Optional.empty() : Optional.of(DecoderInput.of(decoded, padToken)),
        TokenSequence.tasks(rows));
  }

  /** Those of rows that have some; the others' are 0, as those of padding are. */
  private static Optional<int[][]> types(List<TokenSequence> rows) {
    return rows.stream().allMatch(row -> row.types().isEmpty())
        ? Optional.empty()
        : Optional.of(
            padded(
                rows.stream().map(row -> row.types().orElse(new int[row.ids().length])).toList(),
                0));
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

  /**
   * 1 for a token, 0 for padding, [rows, time]. Where several documents are packed in a row, their
   * tokens have the numbers 1, 2, 3, ….
   */
  public int[][] attentionMask() {
    return attentionMask;
  }

  /** The type of each token, [rows, time]; empty if no row has any. */
  public Optional<int[][]> types() {
    return types;
  }

  /**
   * The labels that are whole numbers, {@value TokenSequence#IGNORED} where there is nothing to
   * predict: token ids or classes of tokens, [rows, time], or [rows, length] of an encoder-decoder;
   * classes of sequences, [rows, 1]; the first and last positions of answers, [rows, 2].
   *
   * @return [rows, 0] if the labels are {@link #numbers}, or there are none
   */
  public int[][] labels() {
    return labels;
  }

  /** The numbers of each row, [rows, outputs]; empty if the labels are of another kind. */
  public Optional<float[][]> numbers() {
    float[][] numbers = targets.stream().map(Target::numbers).toArray(float[][]::new);
    return numbers.length == 0 || numbers[0].length == 0 ? Optional.empty() : Optional.of(numbers);
  }

  /**
   * The tokens of the input that have a label, [rows, time], or if labels are of whole sequences or
   * a decoder's tokens, all of them; not padding.
   */
  public boolean[][] labelledTokens() {
    boolean[][] counted = new boolean[rows()][time()];
    for (int row = 0; row < rows(); row++) {
      for (int t = 0; t < time(); t++) {
        boolean whole = decoder.isPresent() || !targets.get(row).ofTokens();
        boolean labelled = whole || labels[row][t] != TokenSequence.IGNORED;
        counted[row][t] = attentionMask[row][t] > 0 && labelled;
      }
    }
    return counted;
  }

  /** The input of the decoder; empty for a model of one stack. */
  public Optional<DecoderInput> decoder() {
    return decoder;
  }

  /** The task of each row; empty if none has one. */
  public List<Integer> tasks() {
    return tasks;
  }

  public int rows() {
    return inputIds.length;
  }

  public int time() {
    return inputIds.length == 0 ? 0 : inputIds[0].length;
  }

  /** The number of labels to predict; a class, some numbers or an answer count as one. */
  public int labelled() {
    return labelled;
  }

  @Override
  public int tokens() {
    return tokens;
  }

  /** Whether a position is padding; of an encoder-decoder, one of the encoder. */
  public boolean isPadded() {
    return shown(attentionMask) < rows() * time();
  }

  /** Whether a row holds several documents, or padding: whether the model needs the mask. */
  public boolean needsMask() {
    return Arrays.stream(attentionMask).flatMapToInt(Arrays::stream).anyMatch(n -> n != 1);
  }
}
