package org.peft4j.vision;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/**
 * From a picture to {@code pixel_values}, as transformers' image processors of ViT, DeiT, CLIP and
 * BLIP compute them with Pillow: resize, crop around the centre, times a factor (1/255), less the
 * mean and divided by the standard deviation of each channel, (x − mean) / std.
 *
 * @param resize the size to resize to; none leaves the picture as it is
 * @param resampling how
 * @param crop the size to cut out of the middle, zeros around a picture that is smaller
 * @param rescale the factor
 * @param normalization mean and standard deviation, for three channels or for grey
 */
public record ImageProcessor(
    Optional<ResizeRule> resize,
    Resampling resampling,
    Optional<PictureSize> crop,
    OptionalDouble rescale,
    Optional<Normalization> normalization) {

  /**
   * Reads the image processor of a model's folder: of {@code processor_config.json} if it has one,
   * or else {@code preprocessor_config.json}.
   *
   * @throws PeftException if there is none, or listing all that is wrong in it: an unknown kind or
   *     field, a value that is not allowed
   */
  public static ImageProcessor read(Path folder) {
    return ProcessorFile.read(folder);
  }

  /** As many channels as the processor's pictures have: 1 if its mean is that of one, else 3. */
  public int channels() {
    return normalization.map(each -> each.mean().size()).orElse(3);
  }

  /** The picture as its pixels are before they become numbers: resized and cropped. */
  public Picture pixels(Picture picture) {
    Picture shown = channels() == 1 ? picture.grey() : picture.color();
    if (resize.isPresent()) {
      PictureSize size = resize.get().apply(shown.height(), shown.width());
      shown = Resampler.resize(shown, size.width(), size.height(), resampling);
    }
    return crop.isPresent() ? CenterCrop.of(shown, crop.get()) : shown;
  }

  /**
   * The numbers of one picture, {@code [channels, height, width]}.
   *
   * @param pixels as {@link #pixels} gives it
   */
  public float[] values(Picture pixels) {
    int channels = pixels.channels();
    int area = pixels.width() * pixels.height();
    float[] values = new float[channels * area];
    for (int c = 0; c < channels; c++) {
      float[] table = table(c);
      for (int i = 0; i < area; i++) {
        values[c * area + i] = table[pixels.values()[i * channels + c] & 0xff];
      }
    }
    return values;
  }

  /** What becomes of each byte, in single precision as the reference computes. */
  private float[] table(int channel) {
    float[] table = new float[256];
    for (int value = 0; value < table.length; value++) {
      float scaled = rescale.isPresent() ? (float) (value * rescale.getAsDouble()) : value;
      table[value] = normalization.map(each -> each.apply(scaled, channel)).orElse(scaled);
    }
    return table;
  }

  /**
   * The model's input.
   *
   * @return {@code [pictures, channels, height, width]}, in single precision
   * @throws PeftException if there are none, or they differ in size after resizing and cropping
   */
  public INDArray pixelValues(List<Picture> pictures) {
    List<Picture> pixels = pictures.stream().map(this::pixels).toList();
    requireOneSize(pixels);
    Picture first = pixels.get(0);
    int each = first.channels() * first.height() * first.width();
    float[] all = new float[Math.multiplyExact(each, pixels.size())];
    for (int i = 0; i < pixels.size(); i++) {
      System.arraycopy(values(pixels.get(i)), 0, all, i * each, each);
    }
    return Nd4j.createFromArray(all)
        .castTo(DataType.FLOAT)
        .reshape(pixels.size(), first.channels(), first.height(), first.width());
  }

  private static void requireOneSize(List<Picture> pixels) {
    String sizes =
        pixels.stream()
            .map(each -> each.height() + " × " + each.width())
            .distinct()
            .collect(Collectors.joining(", "));
    if (pixels.isEmpty() || sizes.contains(",")) {
      throw new PeftException(
          "The pictures of a batch have the sizes %s (height × width) after the image processor; allowed: one size. A processor with do_center_crop, or with a size of height and width, gives all the same."
              .formatted(pixels.isEmpty() ? "of none" : sizes));
    }
  }
}
