package org.peft4j.train.data.picture;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.Fraction;
import org.peft4j.train.data.SequenceChecksum;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.vision.ImageProcessor;

/** Pictures with texts; the pictures are read from their files as they are needed. */
public final class PictureTextData implements Examples<PictureTextBatch> {
  private final List<PictureTextExample> examples;
  private final PictureStore store;
  private final int padToken;

  private PictureTextData(List<PictureTextExample> examples, PictureStore store, int padToken) {
    this.examples = examples;
    this.store = store;
    this.padToken = padToken;
  }

  /**
   * Reads every picture once, so that a broken one is known before a training begins.
   *
   * @param padToken the id that fills short texts; a mask hides it
   * @throws PeftException if one cannot be read and that is to be refused, none is left, or they
   *     differ in size behind the processor
   */
  public static PictureTextData of(
      List<PictureTextExample> examples,
      ImageProcessor processor,
      BrokenPictures broken,
      int padToken) {
    PictureStore store = new PictureStore(processor);
    return new PictureTextData(
        SoundPictures.of(examples, PictureTextExample::file, store, broken), store, padToken);
  }

  @Override
  public int size() {
    return examples.size();
  }

  /** The examples. */
  public List<PictureTextExample> examples() {
    return examples;
  }

  /** As {@link org.peft4j.train.data.TrainingData#first}. */
  public PictureTextData first(double fraction) {
    return new PictureTextData(
        examples.subList(0, Fraction.cut(fraction, examples.size())), store, padToken);
  }

  /**
   * The examples that {@link #first} leaves.
   *
   * @throws PeftException if it leaves none
   */
  public PictureTextData after(double fraction) {
    int from = Fraction.cutBefore(fraction, examples.size(), "pictures");
    return new PictureTextData(examples.subList(from, examples.size()), store, padToken);
  }

  @Override
  public PictureTextBatch batch(int... rows) {
    List<PictureTextExample> some = Arrays.stream(rows).mapToObj(examples::get).toList();
    PixelRows pixels = PixelRows.of(some.stream().map(PictureTextExample::file).toList(), store);
    return new PictureTextBatch(
        pixels.values(),
        pixels.shape(),
        TokenBatch.of(some.stream().map(PictureTextExample::text).toList(), padToken));
  }

  /** The number of tokens of the text. */
  @Override
  public long length(int row) {
    return examples.get(row).text().length();
  }

  /** A checksum of the files' names and of the texts. */
  @Override
  public long checksum() {
    SequenceChecksum checksum = new SequenceChecksum();
    CRC32 names = new CRC32();
    for (PictureTextExample each : examples) {
      names.update((each.file().getFileName() + "\n").getBytes(StandardCharsets.UTF_8));
      checksum.add(each.text());
    }
    checksum.add((int) names.getValue());
    return checksum.value();
  }
}
