package org.peft4j.vision;

/**
 * Pillow's {@code Image.resize}, bit for bit: first along rows, then along columns, each new pixel
 * a weighted mean of old ones. When a picture shrinks, the filter is stretched by the same factor,
 * so that all old pixels count (antialiasing). Weights have 22 bits behind the point; between the
 * two passes values are rounded to bytes.
 */
final class Resampler {
  private static final int BITS = 22;

  private Resampler() {}

  static Picture resize(Picture picture, int width, int height, Resampling filter) {
    if (width == picture.width() && height == picture.height()) {
      return picture;
    }
    if (filter == Resampling.NEAREST) {
      return nearest(picture, width, height);
    }
    Picture wide =
        width == picture.width()
            ? picture
            : alongRows(picture, Weights.of(picture.width(), width, filter));
    return height == picture.height()
        ? wide
        : alongColumns(wide, Weights.of(picture.height(), height, filter));
  }

  /**
   * For each new pixel, the first old one that counts and the weights of those from there on.
   *
   * @param first {@code [new]}
   * @param of {@code [new, old ones that count]}
   */
  private record Weights(int[] first, int[][] of) {
    static Weights of(int from, int to, Resampling filter) {
      double scale = (double) from / to;
      double stretch = Math.max(1, scale);
      double support = filter.support() * stretch;
      int[] first = new int[to];
      int[][] weights = new int[to][];
      for (int i = 0; i < to; i++) {
        double center = (i + 0.5) * scale;
        first[i] = Math.max(0, (int) (center - support + 0.5));
        int count = Math.min(from, (int) (center + support + 0.5)) - first[i];
        weights[i] = fixed(filter, center - first[i], 1 / stretch, count);
      }
      return new Weights(first, weights);
    }

    private static int[] fixed(Resampling filter, double center, double scale, int count) {
      double[] exact = new double[count];
      double sum = 0;
      for (int k = 0; k < count; k++) {
        exact[k] = filter.weight((k - center + 0.5) * scale);
        sum += exact[k];
      }
      int[] fixed = new int[count];
      for (int k = 0; k < count; k++) {
        double part = (sum == 0 ? exact[k] : exact[k] / sum) * (1 << BITS);
        fixed[k] = (int) (part < 0 ? part - 0.5 : part + 0.5);
      }
      return fixed;
    }
  }

  private static Picture alongRows(Picture picture, Weights weights) {
    int channels = picture.channels();
    int width = weights.first.length;
    byte[] old = picture.values();
    byte[] values = new byte[Math.multiplyExact(picture.height() * channels, width)];
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < width; x++) {
        int from = (y * picture.width() + weights.first[x]) * channels;
        mean(old, from, channels, weights.of[x], values, (y * width + x) * channels, channels);
      }
    }
    return Picture.of(width, picture.height(), channels, values);
  }

  private static Picture alongColumns(Picture picture, Weights weights) {
    int row = picture.width() * picture.channels();
    int height = weights.first.length;
    byte[] values = new byte[Math.multiplyExact(row, height)];
    for (int y = 0; y < height; y++) {
      mean(picture.values(), weights.first[y] * row, row, weights.of[y], values, y * row, row);
    }
    return Picture.of(picture.width(), height, picture.channels(), values);
  }

  /** Writes {@code count} means, each of values that are {@code step} apart. */
  private static void mean(
      byte[] old, int from, int step, int[] weights, byte[] values, int to, int count) {
    for (int i = 0; i < count; i++) {
      int sum = 1 << BITS - 1;
      for (int k = 0; k < weights.length; k++) {
        sum += (old[from + i + k * step] & 0xff) * weights[k];
      }
      values[to + i] = (byte) Math.max(0, Math.min(255, sum >> BITS));
    }
  }

  private static Picture nearest(Picture picture, int width, int height) {
    int[] columns = nearest(picture.width(), width);
    int[] rows = nearest(picture.height(), height);
    int channels = picture.channels();
    byte[] values = new byte[Math.multiplyExact(width * channels, height)];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        System.arraycopy(
            picture.values(),
            (rows[y] * picture.width() + columns[x]) * channels,
            values,
            (y * width + x) * channels,
            channels);
      }
    }
    return Picture.of(width, height, channels, values);
  }

  /** Positions are added up, not multiplied: so does Pillow, and their rounding shows. */
  private static int[] nearest(int from, int to) {
    double scale = (double) from / to;
    double at = scale * 0.5;
    int[] nearest = new int[to];
    for (int i = 0; i < to; i++) {
      nearest[i] = Math.min(from - 1, (int) at);
      at += scale;
    }
    return nearest;
  }
}
