package org.peft4j.train.data;

import java.util.Arrays;
import java.util.List;
import org.peft4j.error.PeftException;

/** Related texts to train an encoder on, or to evaluate one with, in memory. */
public final class VectorData implements Examples<VectorBatch> {
  private final List<RelatedTexts> examples;
  private final int firstRow;
  private final int padToken;

  private VectorData(List<RelatedTexts> examples, int firstRow, int padToken) {
    this.examples = examples;
    this.firstRow = firstRow;
    this.padToken = padToken;
  }

  /**
   * Takes examples.
   *
   * @param padToken the id that fills short rows; a mask hides it
   * @throws PeftException if there are none; or if some have more texts than others, or a score and
   *     others none
   */
  public static VectorData of(List<RelatedTexts> examples, int padToken) {
    if (examples.isEmpty()) {
      throw new PeftException("There is no example, so there is nothing to learn. Add data.");
    }
    if (examples.stream().map(e -> e.texts().size()).distinct().count() > 1) {
      throw new PeftException(
          "Some examples have two texts, others three; all must have the same number.");
    }
    if (examples.stream().map(e -> e.score().isPresent()).distinct().count() > 1) {
      throw new PeftException("Some examples have a score, others none; all must be alike.");
    }
    return new VectorData(List.copyOf(examples), 0, padToken);
  }

  /** The number of examples. */
  @Override
  public int size() {
    return examples.size();
  }

  /** The number of texts of each example: two or three. */
  public int textsOfEach() {
    return examples.get(0).texts().size();
  }

  /** Whether each example has a score. */
  public boolean isScored() {
    return examples.get(0).score().isPresent();
  }

  /** The number of tokens in the longest text. */
  public int longest() {
    return examples.stream()
        .flatMap(example -> example.texts().stream())
        .mapToInt(TokenSequence::length)
        .max()
        .orElse(0);
  }

  @Override
  public VectorBatch batch(int... rows) {
    return VectorBatch.of(Arrays.stream(rows).mapToObj(examples::get).toList(), padToken);
  }

  /** The number of its first example in the whole data, from 0. */
  public int firstRow() {
    return firstRow;
  }

  /**
   * The first examples.
   *
   * @param fraction of all, above 0 and at most 1; rounded down, but at least one
   */
  public VectorData first(double fraction) {
    return new VectorData(
        examples.subList(0, Fraction.cut(fraction, examples.size())), firstRow, padToken);
  }

  /**
   * The examples that {@link #first} leaves.
   *
   * @throws PeftException if it leaves none
   */
  public VectorData after(double fraction) {
    int from = Fraction.cutBefore(fraction, examples.size(), "examples");
    return new VectorData(examples.subList(from, examples.size()), firstRow + from, padToken);
  }

  /** All texts alone, such as for first values from data. */
  public Examples<TokenBatch> texts() {
    return new Texts(
        examples.stream().flatMap(example -> example.texts().stream()).toList(), padToken);
  }

  private record Texts(List<TokenSequence> texts, int padToken) implements Examples<TokenBatch> {
    @Override
    public int size() {
      return texts.size();
    }

    @Override
    public TokenBatch batch(int... rows) {
      return TokenBatch.of(Arrays.stream(rows).mapToObj(texts::get).toList(), padToken);
    }

    @Override
    public long checksum() {
      SequenceChecksum checksum = new SequenceChecksum();
      texts.forEach(checksum::add);
      return checksum.value();
    }
  }

  /** A checksum of all texts and scores. */
  @Override
  public long checksum() {
    SequenceChecksum checksum = new SequenceChecksum();
    for (RelatedTexts example : examples) {
      example.texts().forEach(checksum::add);
      example.score().ifPresent(score -> checksum.add(Double.hashCode(score)));
    }
    return checksum.value();
  }
}
