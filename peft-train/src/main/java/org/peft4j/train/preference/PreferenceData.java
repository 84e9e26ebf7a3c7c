package org.peft4j.train.preference;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.Fraction;
import org.peft4j.train.data.SequenceChecksum;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/** Pairs of answers to train on or to evaluate, in memory. */
public final class PreferenceData implements ComparedExamples<PreferenceBatch> {
  private final List<PreferencePair> pairs;
  private final int padToken;
  private final KeptReference kept;

  private PreferenceData(List<PreferencePair> pairs, int padToken, @Nullable Reference reference) {
    this.pairs = pairs;
    this.padToken = padToken;
    this.kept = new KeptReference(reference, pairs.size(), 2);
  }

  /**
   * Takes pairs, without a reference.
   *
   * @param padToken the id that fills short rows; a mask hides it
   * @throws PeftException if there are none
   */
  public static PreferenceData of(List<PreferencePair> pairs, int padToken) {
    if (pairs.isEmpty()) {
      throw new PeftException("There is no pair of answers, so there is nothing to learn.");
    }
    return new PreferenceData(List.copyOf(pairs), padToken, null);
  }

  @Override
  public PreferenceData comparedWith(Reference reference) {
    return new PreferenceData(pairs, padToken, reference);
  }

  /** The number of pairs. */
  @Override
  public int size() {
    return pairs.size();
  }

  /** The number of tokens in the longest prompt with an answer. */
  public int longest() {
    return pairs.stream()
        .mapToInt(pair -> Math.max(pair.chosen().length(), pair.rejected().length()))
        .max()
        .orElse(0);
  }

  /** All answers alone, such as for first values from data. */
  public Examples<TokenBatch> answers() {
    return TrainingData.of(
        pairs.stream()
            .flatMap(pair -> Stream.of(pair.chosen(), pair.rejected()))
            .map(answer -> answer.sequence(false))
            .toList(),
        padToken);
  }

  @Override
  public PreferenceBatch batch(int... rows) {
    return new PreferenceBatch(
        Arrays.stream(rows).mapToObj(pairs::get).toList(), padToken, kept.of(rows));
  }

  /**
   * The first pairs.
   *
   * @param fraction of all, above 0 and at most 1; rounded down, but at least one
   */
  public PreferenceData first(double fraction) {
    int to = Fraction.cut(fraction, pairs.size());
    return new PreferenceData(pairs.subList(0, to), padToken, kept.reference());
  }

  /**
   * The pairs that {@link #first} leaves.
   *
   * @throws PeftException if it leaves none
   */
  public PreferenceData after(double fraction) {
    int from = Fraction.cutBefore(fraction, pairs.size(), "pairs");
    return new PreferenceData(pairs.subList(from, pairs.size()), padToken, kept.reference());
  }

  @Override
  public long checksum() {
    SequenceChecksum checksum = new SequenceChecksum();
    for (PreferencePair pair : pairs) {
      checksum.add(pair.chosen().sequence(false));
      checksum.add(pair.rejected().sequence(false));
    }
    return checksum.value();
  }

  /** What the reference has said, and what it needs itself. */
  @Override
  public Map<String, INDArray> state() {
    return kept.state();
  }
}
