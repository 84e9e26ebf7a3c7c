package org.peft4j.diffusion.schedule;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The sample is x₀ + σ·ε, the model's input that over √(σ² + 1). One step follows the derivative (x
 * − x₀) / σ from one noise level to the next.
 */
final class EulerSampler implements Sampler {
  private final PredictionType prediction;
  private final TimestepSpacing spacing;
  private final double[] steps;
  private final double[] sigmas;

  EulerSampler(NoiseSchedule schedule, int count) {
    ScheduleConfig config = schedule.config();
    Sigmas levels = new Sigmas(schedule);
    int all = schedule.steps();
    this.prediction = config.prediction();
    this.spacing = config.spacing().orElse(TimestepSpacing.LINSPACE);
    double[] visited =
        switch (spacing) {
          case LINSPACE -> Timesteps.evenly(all - 1, count, count);
          case LEADING -> Timesteps.leading(all / count, config.stepsOffset(), count - 1, 0);
          case TRAILING -> Timesteps.trailing(all, all, count);
        };
    double[] noise = Arrays.stream(visited).map(step -> levels.at((float) step)).toArray();
    if (config.karras()) {
      noise = levels.karras(noise[0], noise[noise.length - 1], count);
      visited = levels.steps(noise);
    }
    this.steps = visited;
    this.sigmas = Arrays.copyOf(noise, noise.length + 1);
    sigmas[noise.length] = levels.last();
    for (int i = 0; i < sigmas.length; i++) {
      sigmas[i] = (float) sigmas[i];
    }
  }

  @Override
  public int count() {
    return steps.length;
  }

  @Override
  public double timestep(int i) {
    return (float) steps[i];
  }

  @Override
  public double initialSigma() {
    double largest = Arrays.stream(sigmas).max().orElse(1);
    return spacing == TimestepSpacing.LEADING ? Math.sqrt(largest * largest + 1) : largest;
  }

  @Override
  public INDArray scaled(INDArray sample, int i) {
    return sample.div(Math.sqrt(sigmas[i] * sigmas[i] + 1));
  }

  @Override
  public INDArray step(INDArray output, int i, INDArray sample) {
    double sigma = sigmas[i];
    double onward = (sigmas[i + 1] - sigma) / sigma;
    INDArray away = // x − x₀
        switch (prediction) {
          case EPSILON -> output.mul(sigma);
          case V_PREDICTION -> {
            double squared = sigma * sigma + 1;
            INDArray picture = output.mul(-sigma / Math.sqrt(squared));
            yield sample.sub(picture.addi(sample.div(squared)));
          }
          case SAMPLE -> sample.sub(output);
        };
    return sample.add(away.muli(onward));
  }
}
