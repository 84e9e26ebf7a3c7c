package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;
import org.peft4j.error.PeftException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sequences to train on or to evaluate, in memory. Make it with {@link TextTokens}, {@link
 * JsonLines} or {@link TokenizedFile}, or from sequences of your own.
 */
public final class TrainingData implements Examples<TokenBatch> {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingData.class);

  private final List<TokenSequence> sequences;
  private final int padToken;
  private final boolean joined;

  private TrainingData(List<TokenSequence> sequences, int padToken, boolean joined) {
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
    List<TokenSequence> useful = sequences.stream().filter(s -> s.labelled() > 0).toList();
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
    return sequences.stream().mapToLong(TokenSequence::labelled).sum();
  }

  /** The number of tokens in the longest sequence; in the longest of those packed in a row. */
  public int longest() {
    return sequences.stream().mapToInt(TokenSequence::longest).max().orElse(0);
  }

  /** The rows with these numbers as a batch. */
  @Override
  public TokenBatch batch(int... rows) {
    List<TokenSequence> some = Arrays.stream(rows).mapToObj(sequences::get).toList();
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
    int[] lengths = sequences.stream().mapToInt(TokenSequence::length).toArray();
    int longest = Arrays.stream(lengths).max().orElse(0);
    if (length < longest) {
      throw new PeftException(
          "The length of packed rows is "
              + length
              + ", the longest sequence has "
              + longest
              + " tokens; allowed: its length and above. Raise the one, or cut the other.");
    }
    return new TrainingData(
        BestFit.blocks(lengths, length).stream()
            .map(row -> TokenSequence.packed(row.stream().map(sequences::get).toList()))
            .toList(),
        padToken,
        joined);
  }

  /**
   * The same sequences, whose batches are one row each, without padding: one sequence after the
   * other, apart as in {@link #packed}.
   *
   * @throws PeftException if a sequence has types, a task of its own, or other labels than the next
   *     tokens
   */
  public TrainingData paddingFree() {
    sequences.forEach(sequence -> TokenSequence.packed(List.of(sequence)));
    return new TrainingData(sequences, padToken, true);
  }

  /**
   * The first sequences.
   *
   * @param fraction of all, above 0 and at most 1; rounded down, but at least one sequence
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
    return Math.max(1, (int) Fraction.of(fraction, sequences.size()));
  }

  /** A checksum of all ids, types, labels and tasks. */
  @Override
  public long checksum() {
    SequenceChecksum checksum = new SequenceChecksum();
    sequences.forEach(checksum::add);
    return checksum.value();
  }
}
