package org.peft4j.diffusion.schedule;

import java.util.Locale;
import org.peft4j.error.PeftException;

/** The samplers. */
public enum SamplerKind {
  /** Denoising diffusion implicit models, η = 0 (Song et al., 2010.02502). */
  DDIM {
    @Override
    Sampler make(NoiseSchedule schedule, int steps) {
      return new DdimSampler(schedule, steps);
    }
  },
  /**
   * Euler's method along the noise levels (Karras et al., 2206.00364, algorithm 2 without churn).
   */
  EULER {
    @Override
    Sampler make(NoiseSchedule schedule, int steps) {
      return new EulerSampler(schedule, steps);
    }
  },
  /** DPM-Solver++, multistep of order 2 (Lu et al., 2211.01095). */
  DPM_SOLVER_PLUS_PLUS {
    @Override
    Sampler make(NoiseSchedule schedule, int steps) {
      return new DpmSolverSampler(schedule, steps);
    }
  };

  abstract Sampler make(NoiseSchedule schedule, int steps);

  /**
   * A sampler.
   *
   * @param steps how many, from 1 to the steps of training
   * @throws PeftException if there are not as many
   */
  public Sampler sampler(NoiseSchedule schedule, int steps) {
    if (steps < 1 || steps > schedule.steps()) {
      throw new PeftException(
          "A sampler of " + steps + " steps; allowed: 1 to " + schedule.steps() + ".");
    }
    return make(schedule, steps);
  }

  /** The sampler of diffusers' class of that name, or DDIM for one that is none of these. */
  public static SamplerKind of(String className) {
    return switch (className) {
      case "EulerDiscreteScheduler" -> EULER;
      case "DPMSolverMultistepScheduler" -> DPM_SOLVER_PLUS_PLUS;
      default -> DDIM;
    };
  }

  /** {@code ddim}, {@code euler}, {@code dpm-solver++}. */
  public String optionName() {
    return this == DPM_SOLVER_PLUS_PLUS ? "dpm-solver++" : name().toLowerCase(Locale.ROOT);
  }
}
