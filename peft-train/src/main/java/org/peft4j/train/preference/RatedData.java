package org.peft4j.train.preference;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.Fraction;
import org.peft4j.train.data.SequenceChecksum;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;

/** Rated answers to train on or to evaluate, in memory. */
public final class RatedData implements ComparedExamples<RatedBatch> {
  private final List<RatedAnswer> answers;
  private final int padToken;
  private final KeptReference kept;

  private RatedData(List<RatedAnswer> answers, int padToken, @Nullable Reference reference) {
    this.answers = answers;
    this.padToken = padToken;
    this.kept = new KeptReference(reference, answers.size(), 1);
  }

  /**
   * Takes answers, without a reference.
   *
   * @param padToken the id that fills short rows; a mask hides it
   * @throws PeftException if there are none
   */
  public static RatedData of(List<RatedAnswer> answers, int padToken) {
    if (answers.isEmpty()) {
      throw new PeftException("There is no rated answer, so there is nothing to learn. Add data.");
    }
    return new RatedData(List.copyOf(answers), padToken, null);
  }

  @Override
  public RatedData comparedWith(Reference reference) {
    return new RatedData(answers, padToken, reference);
  }

  /** The number of answers. */
  @Override
  public int size() {
    return answers.size();
  }

  /** How many of the answers are good. */
  public int desirable() {
    return (int) answers.stream().filter(RatedAnswer::desirable).count();
  }

  /** The number of tokens in the longest prompt with its answer. */
  public int longest() {
    return answers.stream().mapToInt(answer -> answer.completion().length()).max().orElse(0);
  }

  /** All answers alone, such as for first values from data. */
  public Examples<TokenBatch> answers() {
    return TrainingData.of(
        answers.stream().map(answer -> answer.completion().sequence(false)).toList(), padToken);
  }

  @Override
  public RatedBatch batch(int... rows) {
    return new RatedBatch(
        Arrays.stream(rows).mapToObj(answers::get).toList(), padToken, kept.of(rows));
  }

  /**
   * The first answers.
   *
   * @param fraction of all, above 0 and at most 1; rounded down, but at least one
   */
  public RatedData first(double fraction) {
    int to = Fraction.cut(fraction, answers.size());
    return new RatedData(answers.subList(0, to), padToken, kept.reference());
  }

  /**
   * The answers that {@link #first} leaves.
   *
   * @throws PeftException if it leaves none
   */
  public RatedData after(double fraction) {
    int from = Fraction.cutBefore(fraction, answers.size(), "answers");
    return new RatedData(answers.subList(from, answers.size()), padToken, kept.reference());
  }

  @Override
  public long checksum() {
    SequenceChecksum checksum = new SequenceChecksum();
    for (RatedAnswer answer : answers) {
      checksum.add(answer.completion().sequence(false));
      checksum.add(answer.desirable() ? 1 : 0);
    }
    return checksum.value();
  }

  /** What the reference has said, and what it needs itself. */
  @Override
  public Map<String, INDArray> state() {
    return kept.state();
  }
}
