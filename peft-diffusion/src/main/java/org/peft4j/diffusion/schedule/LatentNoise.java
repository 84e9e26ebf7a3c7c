package org.peft4j.diffusion.schedule;

import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Standard normal numbers that follow from a seed: the same on every machine. They are not those
 * that PyTorch draws from the same seed.
 */
public final class LatentNoise {
  private final Random random;

  public LatentNoise(long seed) {
    this.random = new Random(seed);
  }

  /** An array of such numbers, in single precision. */
  public INDArray draw(long... shape) {
    long count = 1;
    for (long each : shape) {
      count = Math.multiplyExact(count, each);
    }
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  /**
   * Offset noise: ε + strength · one more number for each channel of each picture, so that a model
   * learns how bright a picture is as a whole.
   *
   * @param noise {@code [batch, channels, height, width]}
   */
  public INDArray withOffset(INDArray noise, double strength) {
    INDArray offsets = draw(noise.size(0), noise.size(1)).muli(strength);
    INDArray sum = noise.dup('c');
    for (int i = 0; i < noise.size(0); i++) {
      for (int c = 0; c < noise.size(1); c++) {
        sum.slice(i).slice(c).addi(offsets.getDouble(i, c));
      }
    }
    return sum;
  }

  /** A step from 0 to {@code steps} − 1. */
  public int step(int steps) {
    return random.nextInt(steps);
  }
}
