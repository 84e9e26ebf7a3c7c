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

  private TrainingData(List<TokenSequence> sequences, int padToken) {
    this.sequences = sequences;
    this.padToken = padToken;
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
    return new TrainingData(useful, padToken);
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

  /** The number of tokens in the longest sequence. */
  public int longest() {
    return sequences.stream().mapToInt(TokenSequence::length).max().orElse(0);
  }

  /** The rows with these numbers as a batch. */
  @Override
  public TokenBatch batch(int... rows) {
    return TokenBatch.of(Arrays.stream(rows).mapToObj(sequences::get).toList(), padToken);
  }

  /**
   * The first sequences.
   *
   * @param fraction of all, above 0 and at most 1; rounded down, but at least one sequence
   */
  public TrainingData first(double fraction) {
    return new TrainingData(sequences.subList(0, cut(fraction)), padToken);
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
    return new TrainingData(sequences.subList(from, sequences.size()), padToken);
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
