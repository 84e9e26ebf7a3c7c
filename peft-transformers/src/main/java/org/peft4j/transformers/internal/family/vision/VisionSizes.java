package org.peft4j.transformers.internal.family.vision;

import java.util.List;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * The sizes of a vision transformer, by ViT's names of fields.
 *
 * @param inner the width between the two maps of feed-forward parts
 * @param imageHeight in pixels, as the rest
 * @param deviation of new weights
 */
record VisionSizes(
    int width,
    int heads,
    int inner,
    int channels,
    int imageHeight,
    int imageWidth,
    int patchHeight,
    int patchWidth,
    double deviation) {
  /**
   * Reads the sizes.
   *
   * @param absentPatch the size of patches where the config says none
   */
  static VisionSizes read(ConfigFields fields, int absentPatch) {
    return read(fields, absentPatch, 224, 0.02);
  }

  /**
   * Reads the sizes.
   *
   * @param absentPatch the size of patches where the config says none
   * @param absentImage that of pictures
   * @param absentRange the deviation of new weights
   */
  static VisionSizes read(
      ConfigFields fields, int absentPatch, int absentImage, double absentRange) {
    int width = fields.size("hidden_size", 768);
    int heads = fields.size("num_attention_heads", 12);
    fields.check(width % heads == 0, "num_attention_heads", "a divisor of hidden_size " + width);
    List<Integer> image = fields.sizes("image_size", absentImage);
    List<Integer> patch = fields.sizes("patch_size", absentPatch);
    boolean fits = image.get(0) >= patch.get(0) && image.get(1) >= patch.get(1);
    fields.check(fits, "patch_size", "a size within image_size " + image);
    return new VisionSizes(
        width,
        heads,
        fields.size("intermediate_size", 3072),
        fields.size("num_channels", 3),
        fits ? image.get(0) : patch.get(0),
        fits ? image.get(1) : patch.get(1),
        patch.get(0),
        patch.get(1),
        fields.positiveNumber("initializer_range", absentRange));
  }

  /** The number of patches of a picture. */
  int patches() {
    return Math.multiplyExact(imageHeight / patchHeight, imageWidth / patchWidth);
  }
}
