package org.peft4j.diffusion.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * With α = 1 / √(σ² + 1), λ = log(α / (σ·α)) and h = λ_t − λ_s: x_t = (σ_t·α_t / (σ_s·α_s))·x_s −
 * α_t·(e^−h − 1)·D₀, where D₀ is the predicted picture. Order 2 adds the change D₁ of the last two
 * pictures: −½·α_t·(e^−h − 1)·D₁ by the midpoint's rule, α_t·((e^−h − 1) / h + 1)·D₁ by Heun's.
 */
final class DpmSolverSampler implements Sampler {
  private static final int FEW = 15;

  private final PredictionType prediction;
  private final SolverSettings settings;
  private final boolean endsAtZero;
  private final double[] steps;
  private final double[] sigmas;

  /** The picture that the step before predicted. */
  private @Nullable INDArray before;

  DpmSolverSampler(NoiseSchedule schedule, int count) {
    ScheduleConfig config = schedule.config();
    Sigmas levels = new Sigmas(schedule);
    this.prediction = config.prediction();
    this.settings = config.solver();
    this.endsAtZero = !config.endsAtSigmaMin();
    int all = schedule.steps();
    int last = all - clipped(levels);
    double[] visited =
        switch (config.spacing().orElse(TimestepSpacing.LINSPACE)) {
          case LINSPACE -> Timesteps.rounded(Timesteps.evenly(last - 1, count + 1, count));
          case LEADING -> Timesteps.leading(last / (count + 1), config.stepsOffset(), count, 1);
          case TRAILING -> Timesteps.trailing(all, last, count);
        };
    double[] noise = Arrays.stream(visited).map(levels::at).toArray();
    if (config.karras()) {
      noise = levels.karras(levels.at(all - 1), levels.at(0), count);
      visited = levels.steps(noise);
      if (config.curve() != BetaCurve.SQUAREDCOS_CAP_V2) {
        visited = Timesteps.rounded(visited);
      }
    }
    this.steps = visited;
    this.sigmas = Arrays.copyOf(noise, noise.length + 1);
    sigmas[noise.length] = levels.last();
    for (int i = 0; i < sigmas.length; i++) {
      sigmas[i] = (float) sigmas[i];
    }
  }

  /** How many of the noisiest steps have too low a λ. */
  private int clipped(Sigmas levels) {
    int clipped = 0;
    while (clipped < levels.count() - 2
        && levels.lambda(levels.count() - 1 - clipped) < settings.lambdaMinClipped()) {
      clipped++;
    }
    return clipped;
  }

  @Override
  public int count() {
    return steps.length;
  }

  @Override
  public double timestep(int i) {
    return (long) steps[i];
  }

  @Override
  public double initialSigma() {
    return 1;
  }

  @Override
  public INDArray scaled(INDArray sample, int i) {
    return sample;
  }

  private static double alpha(double sigma) {
    return 1 / Math.sqrt(sigma * sigma + 1);
  }

  @Override
  public INDArray step(INDArray output, int i, INDArray sample) {
    double alpha = alpha(sigmas[i]);
    double sigma = sigmas[i] * alpha;
    INDArray picture =
        switch (prediction) {
          case EPSILON -> sample.sub(output.mul(sigma)).divi(alpha);
          case V_PREDICTION -> sample.mul(alpha).subi(output.mul(sigma));
          case SAMPLE -> output.dup();
        };
    INDArray earlier = before;
    before = picture;
    double alphaNext = alpha(sigmas[i + 1]);
    double h = lambda(sigmas[i + 1]) - lambda(sigmas[i]);
    double decay = Math.exp(-h) - 1;
    INDArray next =
        sample.mul(sigmas[i + 1] * alphaNext / sigma).subi(picture.mul(alphaNext * decay));
    if (settings.order() == 1 || earlier == null || isLastOfOrderOne(i)) {
      return next;
    }
    double r = (lambda(sigmas[i]) - lambda(sigmas[i - 1])) / h;
    INDArray change = picture.sub(earlier).divi(r);
    double factor = settings.heun() ? alphaNext * (decay / h + 1) : -0.5 * alphaNext * decay;
    return next.addi(change.muli(factor));
  }

  /** −log σ; without noise it has no end. */
  private static double lambda(double sigma) {
    return -Math.log(sigma);
  }

  private boolean isLastOfOrderOne(int i) {
    return i == steps.length - 1
        && (settings.eulerAtFinal()
            || (settings.lowerOrderFinal() && steps.length < FEW)
            || endsAtZero);
  }
}
