package org.peft4j.diffusion.schedule;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.peft4j.internal.json.JsonReader;

/**
 * Reads a {@code scheduler_config.json}: each field is used, known to change nothing, or refused.
 */
final class ScheduleFile {
  private static final JsonReader JSON = JsonReader.withInfinities(1 << 20, 1 << 16);

  /** Schedulers of the noise that we have; those of flows and consistency models are others. */
  private static final Set<String> CLASSES =
      Set.of(
          "DDIMScheduler",
          "DDPMScheduler",
          "PNDMScheduler",
          "LMSDiscreteScheduler",
          "EulerDiscreteScheduler",
          "EulerAncestralDiscreteScheduler",
          "HeunDiscreteScheduler",
          "KDPM2DiscreteScheduler",
          "KDPM2AncestralDiscreteScheduler",
          "DPMSolverMultistepScheduler",
          "DPMSolverSinglestepScheduler",
          "DEISMultistepScheduler",
          "UniPCMultistepScheduler");

  /** Fields of samplers that we do not have, or that matter with another field only. */
  private static final List<String> WITHOUT_EFFECT =
      List.of(
          "_class_name",
          "_diffusers_version",
          "skip_prk_steps",
          "dynamic_thresholding_ratio",
          "sample_max_value",
          "flow_shift",
          "time_shift_type",
          "predict_x0",
          "disable_corrector",
          "solver_p");

  private static final int MOST_STEPS = 100_000;

  private ScheduleFile() {}

  static ScheduleConfig read(Path file) {
    ObjectNode json = JSON.readObject(file);
    ScheduleFields fields = new ScheduleFields(file.toString(), json, WITHOUT_EFFECT);
    String name = fields.oneOf("_class_name", "DDIMScheduler", CLASSES);
    List<Double> betas = fields.numbers("trained_betas", MOST_STEPS);
    int steps = fields.integer("num_train_timesteps", 1000, 1, MOST_STEPS);
    double start = fields.number("beta_start", 0.0001, 0, 1);
    double end = fields.number("beta_end", 0.02, 0, 1);
    BetaCurve curve = fields.constant("beta_schedule", BetaCurve.LINEAR, BetaCurve.class);
    PredictionType prediction =
        fields.constant("prediction_type", PredictionType.EPSILON, PredictionType.class);
    boolean zero = fields.flag("rescale_betas_zero_snr", false);
    Optional<TimestepSpacing> spacing = spacing(fields);
    int offset = fields.integer("steps_offset", 0, 0, MOST_STEPS);
    double range = fields.number("clip_sample_range", 1, 0, Float.MAX_VALUE);
    OptionalDouble clip =
        fields.flag("clip_sample", true) ? OptionalDouble.of(range) : OptionalDouble.empty();
    boolean lastAlphaOne = fields.flag("set_alpha_to_one", true);
    boolean karras = fields.flag("use_karras_sigmas", false);
    OptionalDouble sigmaMin = fields.optional("sigma_min");
    OptionalDouble sigmaMax = fields.optional("sigma_max");
    boolean sigmaMinLast =
        fields.oneOf("final_sigmas_type", "zero", Set.of("zero", "sigma_min")).equals("sigma_min");
    SolverSettings solver = solver(fields);
    refuseOthers(fields);
    if (!betas.isEmpty() && json.hasNonNull("num_train_timesteps") && betas.size() != steps) {
      fields.problem("trained_betas", "as many numbers as num_train_timesteps, " + steps);
    }
    fields.end();
    return new ScheduleConfig(
        name,
        steps,
        start,
        end,
        curve,
        betas,
        prediction,
        zero,
        spacing,
        offset,
        clip,
        lastAlphaOne,
        karras,
        sigmaMin,
        sigmaMax,
        sigmaMinLast,
        solver);
  }

  private static Optional<TimestepSpacing> spacing(ScheduleFields fields) {
    return fields.has("timestep_spacing")
        ? Optional.of(
            fields.constant("timestep_spacing", TimestepSpacing.LEADING, TimestepSpacing.class))
        : Optional.empty();
  }

  private static SolverSettings solver(ScheduleFields fields) {
    fields.oneOf("algorithm_type", "dpmsolver++", Set.of("dpmsolver++"));
    return new SolverSettings(
        fields.integer("solver_order", 2, 1, 2),
        fields.oneOf("solver_type", "midpoint", Set.of("midpoint", "heun")).equals("heun"),
        fields.flag("lower_order_final", true),
        fields.flag("euler_at_final", false),
        fields.number("lambda_min_clipped", Double.NEGATIVE_INFINITY, -Double.MAX_VALUE, 1e9));
  }

  private static void refuseOthers(ScheduleFields fields) {
    fields.onlyFalse(
        "thresholding",
        "use_exponential_sigmas",
        "use_beta_sigmas",
        "use_lu_lambdas",
        "use_flow_sigmas",
        "use_dynamic_shifting");
    fields.oneOf("interpolation_type", "linear", Set.of("linear"));
    fields.oneOf("timestep_type", "discrete", Set.of("discrete"));
    fields.oneOf(
        "variance_type",
        "fixed_small",
        Set.of("fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log"));
  }
}
