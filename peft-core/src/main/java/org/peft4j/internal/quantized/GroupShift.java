package org.peft4j.internal.quantized;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * The offsets of a weight of integers that change by Δ, {@code o − Δ}, where Δ is the same for all
 * inputs of a group.
 *
 * @param weight what changes
 * @param groups of its inputs
 * @param offsets [out, groups]
 */
record GroupShift(GroupWeight weight, InputGroups groups, float[] offsets) {
  /** What W + Δ in single precision may be off, of the largest number of a group. */
  private static final double ROUNDING = 1e-6;

  /**
   * The offsets of other values.
   *
   * @param values W + Δ, [out, in]
   * @throws PeftException if Δ differs within a group
   */
  float[] by(INDArray values) {
    int columns = groups.columns();
    int count = groups.count();
    float[] shifted = offsets.clone();
    float[] own = new float[columns];
    for (int row = 0; row < values.size(0); row++) {
      weight.decode((long) row * columns, columns, own, 0);
      double[] other;
      try (INDArray copy = values.getRow(row).dup('c')) {
        other = copy.data().asDouble();
      }
      double[] mean = means(own, other, count);
      double[] size = sizes(own, other, count);
      for (int i = 0; i < columns; i++) {
        double distance = Math.abs(other[i] - own[i] - mean[groups.of(i)]);
        if (!(distance <= ROUNDING * size[groups.of(i)])) {
          throw new PeftException(
              "A weight in "
                  + weight.format()
                  + " takes in only what changes all inputs of a group alike: QA-LoRA with"
                  + " qalora_group_size a multiple of the weight's groups. Keep the adapter beside"
                  + " it, or merge it into a copy of the base in BF16 or FP32 (on the command line"
                  + " --precision).");
        }
      }
      for (int group = 0; group < count; group++) {
        shifted[row * count + group] -= (float) mean[group];
      }
    }
    return shifted;
  }

  private double[] sizes(float[] own, double[] other, int count) {
    double[] sizes = new double[count];
    for (int i = 0; i < own.length; i++) {
      int group = groups.of(i);
      sizes[group] = Math.max(sizes[group], Math.max(Math.abs(own[i]), Math.abs(other[i])));
    }
    return sizes;
  }

  private double[] means(float[] own, double[] other, int count) {
    double[] sums = new double[count];
    int[] sizes = new int[count];
    for (int i = 0; i < own.length; i++) {
      sums[groups.of(i)] += other[i] - own[i];
      sizes[groups.of(i)]++;
    }
    for (int group = 0; group < count; group++) {
      sums[group] /= Math.max(1, sizes[group]);
    }
    return sums;
  }
}
