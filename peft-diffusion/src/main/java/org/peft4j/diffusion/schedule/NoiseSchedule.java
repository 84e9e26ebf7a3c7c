package org.peft4j.diffusion.schedule;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * How much of a picture and how much noise is in each step: x_t = √ᾱ_t·x₀ + √(1 − ᾱ_t)·ε (Ho et
 * al., 2006.11239). Training draws a step, adds the noise of it and asks the model for {@link
 * #target}.
 */
public final class NoiseSchedule {
  private final ScheduleConfig config;
  private final float[] alphaBars;

  public NoiseSchedule(ScheduleConfig config) {
    this.config = config;
    this.alphaBars = Betas.products(Betas.of(config));
  }

  public ScheduleConfig config() {
    return config;
  }

  /** The number of steps that training draws from. */
  public int steps() {
    return alphaBars.length;
  }

  /**
   * ᾱ of a step, the part of the picture in its variance.
   *
   * @throws PeftException if there is no such step
   */
  public float alphaBar(int step) {
    if (step < 0 || step >= alphaBars.length) {
      throw new PeftException(
          "Step " + step + " of a noise schedule; allowed: 0 to " + (alphaBars.length - 1) + ".");
    }
    return alphaBars[step];
  }

  float[] alphaBars() {
    return alphaBars.clone();
  }

  /** The ratio of signal to noise, ᾱ / (1 − ᾱ). */
  public double signalToNoise(int step) {
    double bar = alphaBar(step);
    return bar / (1 - bar);
  }

  /**
   * Pictures with noise.
   *
   * @param pictures x₀, {@code [batch, ...]}
   * @param noise ε, of the same shape
   * @param steps one for each picture
   */
  public INDArray addNoise(INDArray pictures, INDArray noise, int[] steps) {
    return combined(pictures, noise, steps);
  }

  /** The velocity v = √ᾱ·ε − √(1 − ᾱ)·x₀, as {@link #addNoise}. */
  public INDArray velocity(INDArray pictures, INDArray noise, int[] steps) {
    return combined(noise, pictures.neg(), steps);
  }

  /** What the model should predict, by {@link ScheduleConfig#prediction}. */
  public INDArray target(INDArray pictures, INDArray noise, int[] steps) {
    return switch (config.prediction()) {
      case EPSILON -> noise;
      case V_PREDICTION -> velocity(pictures, noise, steps);
      case SAMPLE -> pictures;
    };
  }

  private INDArray combined(INDArray first, INDArray second, int[] steps) {
    if (first.size(0) != steps.length || !Arrays.equals(first.shape(), second.shape())) {
      throw new PeftException(
          "Pictures %s, noise %s and %d steps; allowed: the same shape, and a step for each picture."
              .formatted(
                  Arrays.toString(first.shape()), Arrays.toString(second.shape()), steps.length));
    }
    INDArray sum = first.dup('c');
    for (int i = 0; i < steps.length; i++) {
      float bar = alphaBar(steps[i]);
      INDArray row = sum.slice(i);
      row.muli(Math.sqrt(bar)).addi(second.slice(i).mul(Math.sqrt(1 - bar)));
    }
    return sum;
  }

  /**
   * The weight of a picture's loss (Hang et al., 2303.09556): min(SNR, γ) / SNR where noise is
   * predicted, min(SNR, γ) / (SNR + 1) for velocities, min(SNR, γ) for pictures.
   */
  public double minSnrWeight(int step, double gamma) {
    double snr = signalToNoise(step);
    double least = Math.min(snr, gamma);
    return switch (config.prediction()) {
      case EPSILON -> snr == 0 ? 1 : least / snr;
      case V_PREDICTION -> least / (snr + 1);
      case SAMPLE -> least;
    };
  }
}
