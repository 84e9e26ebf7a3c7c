package org.peft4j.diffusion.training;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.diffusion.schedule.LatentNoise;
import org.peft4j.diffusion.schedule.NoiseSchedule;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Examples;

/**
 * Pictures that get noise each time they are drawn. In training the noise differs from time to
 * time: it follows from the seed and from how many batches there were, which a checkpoint keeps. In
 * an evaluation it is the same each time, one for each picture, so that losses can be compared.
 */
public final class NoisyPictures implements Examples<NoiseBatch> {
  private static final String DRAWN = "noise_batches";

  private final List<CaptionedLatents> pictures;
  private final NoiseSchedule schedule;
  private final NoiseSettings settings;
  private final boolean fixed;

  /** How many batches were drawn, [1]. */
  private final INDArray drawn = Nd4j.zeros(DataType.DOUBLE, 1);

  private NoisyPictures(
      List<CaptionedLatents> pictures,
      NoiseSchedule schedule,
      NoiseSettings settings,
      boolean fixed) {
    this.pictures = List.copyOf(pictures);
    this.schedule = schedule;
    this.settings = settings;
    this.fixed = fixed;
    requireAlike();
  }

  /**
   * Pictures to train on.
   *
   * @throws PeftException if there are none, or they differ in shape
   */
  public static NoisyPictures of(
      List<CaptionedLatents> pictures, NoiseSchedule schedule, NoiseSettings settings) {
    return new NoisyPictures(pictures, schedule, settings, false);
  }

  /** Pictures to measure with, each with noise of its own that stays. */
  public static NoisyPictures fixed(
      List<CaptionedLatents> pictures, NoiseSchedule schedule, NoiseSettings settings) {
    return new NoisyPictures(pictures, schedule, settings, true);
  }

  private void requireAlike() {
    if (pictures.isEmpty()) {
      throw new PeftException("There are no pictures to train on.");
    }
    CaptionedLatents first = pictures.get(0);
    for (CaptionedLatents each : pictures) {
      if (!Arrays.equals(each.latents().shape(), first.latents().shape())
          || !Arrays.equals(each.text().shape(), first.text().shape())) {
        throw new PeftException(
            "Pictures of the shapes %s and %s, with texts of %s and %s; all must have the same: resize and crop the pictures, and pad the texts."
                .formatted(
                    Arrays.toString(first.latents().shape()),
                    Arrays.toString(each.latents().shape()),
                    Arrays.toString(first.text().shape()),
                    Arrays.toString(each.text().shape())));
      }
    }
  }

  @Override
  public int size() {
    return pictures.size();
  }

  @Override
  public NoiseBatch batch(int... rows) {
    List<INDArray> latents = new ArrayList<>();
    List<INDArray> noise = new ArrayList<>();
    List<INDArray> texts = new ArrayList<>();
    int[] steps = new int[rows.length];
    float[][] weights = new float[rows.length][1];
    for (int i = 0; i < rows.length; i++) {
      CaptionedLatents picture = pictures.get(rows[i]);
      LatentNoise random = new LatentNoise(seed(rows[i]));
      steps[i] = random.step(schedule.steps());
      INDArray one = random.draw(with(1, picture.latents().shape()));
      noise.add(settings.offset() > 0 ? random.withOffset(one, settings.offset()) : one);
      latents.add(picture.latents().reshape(with(1, picture.latents().shape())));
      texts.add(picture.text().reshape(with(1, picture.text().shape())));
      weights[i][0] = (float) (picture.weight() * weight(steps[i]));
    }
    if (!fixed) {
      drawn.addi(1);
    }
    INDArray x = Nd4j.concat(0, latents.toArray(INDArray[]::new));
    INDArray e = Nd4j.concat(0, noise.toArray(INDArray[]::new));
    return new NoiseBatch(
        schedule.addNoise(x, e, steps),
        Nd4j.createFromArray(steps).castTo(DataType.FLOAT).reshape(rows.length, 1),
        Nd4j.concat(0, texts.toArray(INDArray[]::new)),
        schedule.target(x, e, steps),
        Nd4j.createFromArray(weights));
  }

  private double weight(int step) {
    return settings.minSnr().isPresent()
        ? schedule.minSnrWeight(step, settings.minSnr().getAsDouble())
        : 1;
  }

  private long seed(int row) {
    long batch = fixed ? 0 : 1 + (long) drawn.getDouble(0);
    return (settings.seed() * 1_000_003 + batch) * 1_000_003 + row;
  }

  private static long[] with(long first, long[] rest) {
    long[] shape = new long[rest.length + 1];
    shape[0] = first;
    System.arraycopy(rest, 0, shape, 1, rest.length);
    return shape;
  }

  /** 1: a picture is a picture. */
  @Override
  public long length(int row) {
    return 1;
  }

  /** How many batches were drawn, on which later noise depends. */
  @Override
  public Map<String, INDArray> state() {
    return fixed ? Map.of() : Map.of(DRAWN, drawn);
  }

  /** A checksum of latents, texts, weights and settings. */
  @Override
  public long checksum() {
    CRC32 crc = new CRC32();
    crc.update(settings.toString().getBytes(StandardCharsets.UTF_8));
    for (CaptionedLatents each : pictures) {
      update(crc, each.latents());
      update(crc, each.text());
      crc.update(ByteBuffer.allocate(Double.BYTES).putDouble(each.weight()).flip());
    }
    return crc.getValue();
  }

  private static void update(CRC32 crc, INDArray array) {
    float[] values = array.dup('c').reshape(array.length()).toFloatVector();
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
    for (float value : values) {
      bytes.putFloat(value);
    }
    crc.update(bytes.flip());
  }
}
