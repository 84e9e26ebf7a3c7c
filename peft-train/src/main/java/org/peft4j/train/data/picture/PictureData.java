package org.peft4j.train.data.picture;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.Fraction;
import org.peft4j.vision.ImageProcessor;

/** Pictures with labels, read from their files as they are needed. */
public final class PictureData implements Examples<PictureBatch> {
  private final List<PictureExample> examples;
  private final PictureStore store;

  private PictureData(List<PictureExample> examples, PictureStore store) {
    this.examples = examples;
    this.store = store;
  }

  /**
   * Reads every picture once, so that a broken one is known before a training begins.
   *
   * @throws PeftException if one cannot be read and that is to be refused, none is left, or they
   *     differ in size behind the processor
   */
  public static PictureData of(
      List<PictureExample> examples, ImageProcessor processor, BrokenPictures broken) {
    PictureStore store = new PictureStore(processor);
    return new PictureData(SoundPictures.of(examples, PictureExample::file, store, broken), store);
  }

  @Override
  public int size() {
    return examples.size();
  }

  /** The examples. */
  public List<PictureExample> examples() {
    return examples;
  }

  /** As {@link org.peft4j.train.data.TrainingData#first}. */
  public PictureData first(double fraction) {
    return new PictureData(examples.subList(0, Fraction.cut(fraction, examples.size())), store);
  }

  /**
   * The examples that {@link #first} leaves.
   *
   * @throws PeftException if it leaves none
   */
  public PictureData after(double fraction) {
    int from = Fraction.cutBefore(fraction, examples.size(), "pictures");
    return new PictureData(examples.subList(from, examples.size()), store);
  }

  @Override
  public PictureBatch batch(int... rows) {
    List<PictureExample> some = Arrays.stream(rows).mapToObj(examples::get).toList();
    PixelRows pixels = PixelRows.of(some.stream().map(PictureExample::file).toList(), store);
    return new PictureBatch(
        pixels.values(), pixels.shape(), some.stream().map(PictureExample::label).toList());
  }

  /** 1: a picture is a picture. */
  @Override
  public long length(int row) {
    return 1;
  }

  /** A checksum of the files' names and of the labels. */
  @Override
  public long checksum() {
    CRC32 crc = new CRC32();
    for (PictureExample each : examples) {
      String line =
          each.file().getFileName()
              + " "
              + each.label().number()
              + Arrays.toString(each.label().numbers())
              + "\n";
      crc.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return crc.getValue();
  }
}
