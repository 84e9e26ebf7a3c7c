package org.peft4j.diffusion.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * Noise levels σ = √((1 − ᾱ) / ᾱ), by which Euler's method and DPM-Solver++ count. Where the last
 * step is noise alone its ᾱ is taken for 2⁻²⁴, so that its level is a number.
 */
final class Sigmas {
  private static final double RHO = 7;
  private static final float ALMOST_NONE = 0x1p-24f;

  private final ScheduleConfig config;
  private final float[] alphaBars;
  private final double[] levels;

  Sigmas(NoiseSchedule schedule) {
    this.config = schedule.config();
    this.alphaBars = schedule.alphaBars();
    if (config.zeroTerminalSnr()) {
      alphaBars[alphaBars.length - 1] = ALMOST_NONE;
    }
    this.levels = new double[alphaBars.length];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (float) Math.sqrt((1f - alphaBars[i]) / alphaBars[i]);
    }
  }

  /** log(√ᾱ) − log(√(1 − ᾱ)). */
  double lambda(int step) {
    return Math.log(Math.sqrt(alphaBars[step])) - Math.log(Math.sqrt(1 - alphaBars[step]));
  }

  int count() {
    return levels.length;
  }

  /** The level of a step, in between those of whole ones if it is a fraction. */
  double at(double step) {
    int below = (int) Math.max(0, Math.min(levels.length - 1, Math.floor(step)));
    int above = Math.min(levels.length - 1, below + 1);
    return levels[below] + (levels[above] - levels[below]) * (Math.max(0, step) - below);
  }

  /** What follows the last step: no noise, or that of the first step of training. */
  double last() {
    return config.endsAtSigmaMin() ? levels[0] : 0;
  }

  /**
   * Levels between the largest and the least whose ρth roots are even, from the noisiest down.
   *
   * @param greatest unless the config says so
   * @param least unless the config says so
   */
  double[] karras(double greatest, double least, int count) {
    double from = Math.pow(config.sigmaMax().orElse(greatest), 1 / RHO);
    double to = Math.pow(config.sigmaMin().orElse(least), 1 / RHO);
    double[] sigmas = new double[count];
    for (int i = 0; i < count; i++) {
      double part = count > 1 ? (double) i / (count - 1) : 0;
      sigmas[i] = Math.pow(from + part * (to - from), RHO);
    }
    return sigmas;
  }

  /** The steps of such levels, by their logarithms. */
  double[] steps(double[] sigmas) {
    List<Double> steps = new ArrayList<>();
    for (double sigma : sigmas) {
      steps.add(step(Math.log(Math.max(sigma, 1e-10))));
    }
    return steps.stream().mapToDouble(step -> step).toArray();
  }

  private double step(double log) {
    int low = 0;
    for (int i = 0; i < levels.length; i++) {
      if (log >= (float) Math.log(levels[i])) {
        low = i;
      }
    }
    low = Math.min(low, levels.length - 2);
    double below = (float) Math.log(levels[low]);
    double above = (float) Math.log(levels[low + 1]);
    double part = Math.max(0, Math.min(1, (below - log) / (below - above)));
    return (1 - part) * low + part * (low + 1);
  }
}
