package org.peft4j.train.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sequences to train on or to evaluate, in memory. Make it with {@link TextTokens}, {@link
 * JsonLines} or {@link TokenizedFile}, or from sequences of your own.
 */
public final class TrainingData implements Examples<TokenBatch> {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingData.class);

  private final List<Numbered> sequences;
  private final int padToken;
  private final boolean joined;

  /** A sequence, and the number of the row that it was made from. */
  private record Numbered(int row, TokenSequence sequence) {}

  private TrainingData(List<Numbered> sequences, int padToken, boolean joined) {
    this.sequences = sequences;
    this.padToken = padToken;
    this.joined = joined;
  }

  /**
   * Takes the sequences that have a label to predict, and logs how many have none.
   *
   * @param padToken the id that fills short rows; a mask hides it
   * @throws PeftException if no sequence has a label, and where the next token is predicted one
   *     after its first token; or if some have labels of one kind, or a decoder's tokens, and
   *     others not
   */
  public static TrainingData of(List<TokenSequence> sequences, int padToken) {
    return ofRows(sequences.stream().map(List::of).toList(), padToken);
  }

  /**
   * As {@link #of}, of rows that each became one sequence or several, such as the windows of a long
   * text. {@link #first} and {@link #after} keep those of a row together.
   */
  public static TrainingData ofRows(List<List<TokenSequence>> rows, int padToken) {
    List<TokenSequence> sequences = rows.stream().flatMap(List::stream).toList();
    requireAlike(sequences);
    List<Numbered> useful =
        IntStream.range(0, rows.size())
            .boxed()
            .flatMap(row -> rows.get(row).stream().map(sequence -> new Numbered(row, sequence)))
            .filter(numbered -> numbered.sequence().labelled() > 0)
            .toList();
    if (useful.isEmpty()) {
      throw new PeftException(
          "None of "
              + sequences.size()
              + " sequences has a label"
              + where(sequences)
              + ", so there is nothing to learn. Add data, or raise the sequence length if prompts"
              + " fill it.");
    }
    if (useful.size() < sequences.size()) {
      LOG.warn(
          "Leaving out {} of {} sequences: they have no label{}.",
          sequences.size() - useful.size(),
          sequences.size(),
          where(sequences));
    }
    return new TrainingData(useful, padToken, false);
  }

  private static void requireAlike(List<TokenSequence> sequences) {
    TokenSequence.tasks(sequences);
    List<String> kinds =
        sequences.stream().map(sequence -> sequence.target().kind()).distinct().toList();
    if (kinds.size() > 1) {
      throw new PeftException(
          "Some sequences have %s to predict, others %s; all must have the same."
              .formatted(kinds.get(0), kinds.get(1)));
    }
    if (sequences.stream().map(s -> s.decoded().isPresent()).distinct().count() > 1) {
      throw new PeftException("Some sequences are a decoder's too, others not; all must be alike.");
    }
  }

  private static String where(List<TokenSequence> sequences) {
    return sequences.stream().anyMatch(s -> s.target() instanceof Target.NextTokens)
        ? " after its first token"
        : "";
  }

  /** The number of sequences. */
  @Override
  public int size() {
    return sequences.size();
  }

  /** The number of labels to predict in all sequences. */
  public long labelled() {
    return stream().mapToLong(TokenSequence::labelled).sum();
  }

  /** The number of tokens in the longest sequence; in the longest of those packed in a row. */
  public int longest() {
    return stream().mapToInt(TokenSequence::longest).max().orElse(0);
  }

  @Override
  public long length(int row) {
    return sequences.get(row).sequence().length();
  }

  /** The rows with these numbers as a batch. */
  @Override
  public TokenBatch batch(int... rows) {
    List<TokenSequence> some = Arrays.stream(rows).mapToObj(this::sequence).toList();
    return TokenBatch.of(joined ? List.of(TokenSequence.packed(some)) : some, padToken);
  }

  /**
   * The same sequences packed in rows of at most {@code length} tokens by best-fit decreasing. In a
   * row each stays apart, as if it were alone: it sees no other, and its positions begin at 0. The
   * loss is the same mean over labels; only what shares a batch changes. Methods that put virtual
   * tokens before a row refuse packed data.
   *
   * @param length at least that of the longest sequence
   * @throws PeftException if a sequence is longer; or has types, a task of its own, or other labels
   *     than the next tokens
   */
  public TrainingData packed(int length) {
    int[] lengths = stream().mapToInt(TokenSequence::length).toArray();
    int longest = Arrays.stream(lengths).max().orElse(0);
    if (length < longest) {
      throw new PeftException(
          "The length of packed rows is "
              + length
              + ", the longest sequence has "
              + longest
              + " tokens; allowed: its length and above. Raise the one, or cut the other.");
    }
    List<Numbered> packed = new ArrayList<>();
    for (List<Integer> row : BestFit.blocks(lengths, length)) {
      packed.add(
          new Numbered(
              packed.size(), TokenSequence.packed(row.stream().map(this::sequence).toList())));
    }
    return new TrainingData(packed, padToken, joined);
  }

  /**
   * The same sequences, whose batches are one row each, without padding: one sequence after the
   * other, apart as in {@link #packed}.
   *
   * @throws PeftException if a sequence has types, a task of its own, or other labels than the next
   *     tokens
   */
  public TrainingData paddingFree() {
    stream().forEach(sequence -> TokenSequence.packed(List.of(sequence)));
    return new TrainingData(sequences, padToken, true);
  }

  private Stream<TokenSequence> stream() {
    return sequences.stream().map(Numbered::sequence);
  }

  private TokenSequence sequence(int number) {
    return sequences.get(number).sequence();
  }

  /**
   * The number of the row that its first sequence was made from, in the whole data from 0; of
   * packed data 0.
   */
  public int firstRow() {
    return sequences.get(0).row();
  }

  /**
   * The sequences of the first rows.
   *
   * @param fraction of all rows, above 0 and at most 1; rounded down, but at least one row
   */
  public TrainingData first(double fraction) {
    return new TrainingData(sequences.subList(0, cut(fraction)), padToken, joined);
  }

  /**
   * The sequences that {@link #first} leaves.
   *
   * @throws PeftException if it leaves none
   */
  public TrainingData after(double fraction) {
    int from = cut(fraction);
    if (from == sequences.size()) {
      throw new PeftException(
          "Nothing is left of " + from + " sequences after the first " + fraction + " of them.");
    }
    return new TrainingData(sequences.subList(from, sequences.size()), padToken, joined);
  }

  private int cut(double fraction) {
    int[] begins =
        IntStream.range(0, sequences.size())
            .filter(i -> i == 0 || sequences.get(i).row() != sequences.get(i - 1).row())
            .toArray();
    int rows = Math.max(1, (int) Fraction.of(fraction, begins.length));
    return rows == begins.length ? sequences.size() : begins[rows];
  }

  /** A checksum of all ids, types, labels and tasks. */
  @Override
  public long checksum() {
    SequenceChecksum checksum = new SequenceChecksum();
    stream().forEach(checksum::add);
    return checksum.value();
  }
}
