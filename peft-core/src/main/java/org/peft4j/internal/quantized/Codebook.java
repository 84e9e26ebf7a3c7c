package org.peft4j.internal.quantized;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.peft4j.quantization.QuantizedFormat;

/**
 * Values in [−1, 1] by code. The code of a number is that of the nearest value; halfway between
 * two, that of the lower one.
 */
public final class Codebook {
  private static final double[] NF4 = {
    -1.0,
    -0.6961928009986877,
    -0.5250730514526367,
    -0.39491748809814453,
    -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495,
    0.0,
    0.07958029955625534,
    0.16093020141124725,
    0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434,
    0.5626170039176941,
    0.7229568362236023,
    1.0
  };

  /** Twelfths: a sign, and 0, 1/16, 8, 12, 4, 6, 2, 3 for its three bits. */
  private static final double[] FP4_TWELFTHS = {0, 0.0625, 8, 12, 4, 6, 2, 3};

  /** The 16 values of QLoRA (appendix E), which are quantiles of the normal distribution. */
  static final Codebook OF_NF4 = new Codebook(floats(NF4));

  /** 4-bit floating point. */
  static final Codebook OF_FP4 = new Codebook(fp4());

  /**
   * Equal parts of [−1, 1]. For each, a search knows the few bounds that its numbers can lie at.
   */
  private static final int PARTS = 1024;

  private final float[] values;
  private final int[] codes;
  private final float[] bounds;
  private final int[] lowest = new int[PARTS + 1];
  private final int[] highest = new int[PARTS + 1];

  /**
   * @param values by code, in any order
   */
  Codebook(float[] values) {
    this.values = values;
    codes =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(code -> values[code] + 0.0))
            .mapToInt(Integer::intValue)
            .toArray();
    bounds = new float[values.length - 1];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = (values[codes[i]] + values[codes[i + 1]]) / 2;
    }
    for (int part = 0; part <= PARTS; part++) {
      float from = part * 2f / PARTS - 1;
      // Wider by half a part than needed: the part of a number is rounded.
      lowest[part] = search(from - 1f / PARTS, 0, bounds.length);
      highest[part] = search(from + 3f / PARTS, 0, bounds.length);
    }
  }

  public static Codebook of(QuantizedFormat format) {
    return switch (format) {
      case NF4 -> OF_NF4;
      case FP4 -> OF_FP4;
    };
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static float[] fp4() {
    float[] values = new float[2 * FP4_TWELFTHS.length];
    for (int i = 0; i < FP4_TWELFTHS.length; i++) {
      values[i] = (float) FP4_TWELFTHS[i] / 12f;
      values[FP4_TWELFTHS.length + i] = 0 - values[i];
    }
    return values;
  }

  public float value(int code) {
    return values[code];
  }

  /** The values by code. */
  public float[] values() {
    return values.clone();
  }

  /** The code of a number in [−1, 1]. */
  int code(float number) {
    int part = (int) ((number + 1) * (PARTS / 2));
    int from = lowest[part];
    int to = highest[part];
    return codes[from == to ? from : search(number, from, to)];
  }

  /** The number of bounds below a number, of which {@code from} to {@code to} are in question. */
  private int search(float number, int from, int to) {
    int first = from;
    int last = to;
    while (first < last) {
      int middle = (first + last) >>> 1;
      if (number <= bounds[middle]) {
        last = middle;
      } else {
        first = middle + 1;
      }
    }
    return first;
  }
}
