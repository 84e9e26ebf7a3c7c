package org.peft4j.diffusion.schedule;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.error.PeftException;

/**
 * x₀ = (x_t − √(1 − ᾱ_t)·ε) / √ᾱ_t, cut to a range if the schedule says so; then x_s = √ᾱ_s·x₀ +
 * √(1 − ᾱ_s)·ε.
 */
final class DdimSampler implements Sampler {
  private final NoiseSchedule schedule;
  private final double[] steps;
  private final int stride;

  DdimSampler(NoiseSchedule schedule, int count) {
    this.schedule = schedule;
    ScheduleConfig config = schedule.config();
    int all = schedule.steps();
    this.stride = all / count;
    this.steps =
        switch (config.spacing().orElse(TimestepSpacing.LEADING)) {
          case LINSPACE -> Timesteps.rounded(Timesteps.evenly(all - 1, count, count));
          case LEADING -> Timesteps.leading(stride, config.stepsOffset(), count - 1, 0);
          case TRAILING -> Timesteps.trailing(all, all, count);
        };
  }

  @Override
  public int count() {
    return steps.length;
  }

  @Override
  public double timestep(int i) {
    return steps[i];
  }

  @Override
  public double initialSigma() {
    return 1;
  }

  @Override
  public INDArray scaled(INDArray sample, int i) {
    return sample;
  }

  @Override
  public INDArray step(INDArray output, int i, INDArray sample) {
    int step = (int) steps[i];
    ScheduleConfig config = schedule.config();
    double bar = schedule.alphaBar(step);
    double signal = Math.sqrt(bar);
    double noise = Math.sqrt(1 - bar);
    if (bar == 0 && config.prediction() == PredictionType.EPSILON) {
      throw new PeftException(
          "At step %d there is noise alone (rescale_betas_zero_snr), from which a model that predicts noise (prediction_type epsilon) tells nothing; allowed: v_prediction, or timestep_spacing leading."
              .formatted(step));
    }
    INDArray picture;
    INDArray epsilon;
    switch (config.prediction()) {
      case EPSILON -> {
        picture = sample.sub(output.mul(noise)).divi(signal);
        epsilon = output;
      }
      case V_PREDICTION -> {
        picture = sample.mul(signal).subi(output.mul(noise));
        epsilon = output.mul(signal).addi(sample.mul(noise));
      }
      default -> {
        picture = output.dup();
        epsilon = sample.sub(output.mul(signal)).divi(noise);
      }
    }
    if (config.clip().isPresent()) {
      double range = config.clip().getAsDouble();
      picture = Transforms.max(Transforms.min(picture, range), -range);
    }
    double before = before(step - stride, config);
    return picture.mul(Math.sqrt(before)).addi(epsilon.mul(Math.sqrt(1 - before)));
  }

  private double before(int step, ScheduleConfig config) {
    if (step >= 0) {
      return schedule.alphaBar(step);
    }
    return config.lastAlphaOne() ? 1 : schedule.alphaBar(0);
  }
}
