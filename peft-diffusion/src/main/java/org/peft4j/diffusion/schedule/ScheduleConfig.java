package org.peft4j.diffusion.schedule;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A {@code scheduler_config.json}. As in diffusers, one file serves every sampler: each takes the
 * fields that it has, and its own default for those that are missing.
 *
 * @param className the scheduler that the file is from, as diffusers calls it
 * @param trainSteps {@code num_train_timesteps}
 * @param betaStart the first β
 * @param betaEnd the last β
 * @param curve {@code beta_schedule}
 * @param trainedBetas all β, in place of a curve; or none
 * @param prediction what the model predicts
 * @param zeroTerminalSnr {@code rescale_betas_zero_snr}: the last step is noise alone
 * @param spacing {@code timestep_spacing}; none leaves it to the sampler
 * @param stepsOffset what {@link TimestepSpacing#LEADING} adds to each step
 * @param clip the range that DDIM cuts its predicted picture to; none where {@code clip_sample} is
 *     false
 * @param lastAlphaOne {@code set_alpha_to_one}: after DDIM's last step there is no noise at all
 * @param karras {@code use_karras_sigmas}: noise levels of Karras et al. (2206.00364), ρ = 7
 * @param sigmaMin the least of these; none takes the schedule's
 * @param sigmaMax the largest; none takes the schedule's
 * @param endsAtSigmaMin {@code final_sigmas_type} is {@code sigma_min}: the last step leaves as
 *     much noise as the first step of training adds
 * @param solver what DPM-Solver++ takes
 */
public record ScheduleConfig(
    String className,
    int trainSteps,
    double betaStart,
    double betaEnd,
    BetaCurve curve,
    List<Double> trainedBetas,
    PredictionType prediction,
    boolean zeroTerminalSnr,
    Optional<TimestepSpacing> spacing,
    int stepsOffset,
    OptionalDouble clip,
    boolean lastAlphaOne,
    boolean karras,
    OptionalDouble sigmaMin,
    OptionalDouble sigmaMax,
    boolean endsAtSigmaMin,
    SolverSettings solver) {

  public ScheduleConfig {
    trainedBetas = List.copyOf(trainedBetas);
  }

  /**
   * Reads a file.
   *
   * @throws org.peft4j.error.PeftException listing all that is wrong in it: an unknown field, or a
   *     value that is not supported
   */
  public static ScheduleConfig read(Path file) {
    return ScheduleFile.read(file);
  }
}
