package org.peft4j.train.data.picture;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.Fraction;
import org.peft4j.vision.ImageProcessor;
import org.peft4j.vision.Picture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pictures with labels, read from their files as they are needed. */
public final class PictureData implements Examples<PictureBatch> {
  private static final Logger LOG = LoggerFactory.getLogger(PictureData.class);

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
    List<PictureExample> sound = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (PictureExample each : examples) {
      try {
        requireSize(each.file(), store.pixels(each.file()), store, sound);
        sound.add(each);
      } catch (PeftException e) {
        if (broken == BrokenPictures.REFUSE) {
          throw e;
        }
        problems.add(String.valueOf(e.getMessage()));
        LOG.warn("Left out: {}", e.getMessage());
      }
    }
    if (sound.isEmpty()) {
      throw new PeftException(
          "None of %d pictures can be read.%s"
              .formatted(examples.size(), problems.isEmpty() ? "" : " " + problems.get(0)));
    }
    return new PictureData(List.copyOf(sound), store);
  }

  private static void requireSize(
      Path file, Picture pixels, PictureStore store, List<PictureExample> before) {
    if (before.isEmpty()) {
      return;
    }
    Picture first = store.pixels(before.get(0).file());
    if (pixels.width() != first.width() || pixels.height() != first.height()) {
      throw new PeftException(
          "The picture %s has %s behind the image processor, others %s; a model takes one size: set do_center_crop, or a size of height and width, in preprocessor_config.json."
              .formatted(file, pixels, first));
    }
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
    return new PictureData(examples.subList(0, cut(fraction)), store);
  }

  /**
   * The examples that {@link #first} leaves.
   *
   * @throws PeftException if it leaves none
   */
  public PictureData after(double fraction) {
    if (cut(fraction) == examples.size()) {
      throw new PeftException(
          "Nothing is left of %d pictures after the first %s of them."
              .formatted(examples.size(), fraction));
    }
    return new PictureData(examples.subList(cut(fraction), examples.size()), store);
  }

  private int cut(double fraction) {
    return Math.max(1, (int) Fraction.of(fraction, examples.size()));
  }

  @Override
  public PictureBatch batch(int... rows) {
    List<LabelValue> labels = new ArrayList<>();
    float[] all = {};
    long[] shape = {};
    for (int i = 0; i < rows.length; i++) {
      PictureExample example = examples.get(rows[i]);
      Picture pixels = store.pixels(example.file());
      float[] values = store.processor().values(pixels);
      if (i == 0) {
        all = new float[Math.multiplyExact(values.length, rows.length)];
        shape = new long[] {rows.length, pixels.channels(), pixels.height(), pixels.width()};
      }
      System.arraycopy(values, 0, all, i * values.length, values.length);
      labels.add(example.label());
    }
    return new PictureBatch(all, shape, labels);
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
