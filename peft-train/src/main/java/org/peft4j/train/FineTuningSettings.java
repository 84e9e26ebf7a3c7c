package org.peft4j.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.train.internal.SavedSettings;
import org.peft4j.train.schedule.Schedule;
import org.peft4j.train.schedule.StandardSchedule;

/**
 * The numbers of a training.
 *
 * @param epochs passes through the data; used if {@code steps} is 0
 * @param steps updates of the adapter; 0 to go by epochs
 * @param batchSize sequences of a batch
 * @param dropLast whether the last batch of an epoch is left out if it is short
 * @param gradientAccumulation batches of a step, which count as one large batch; the last step of
 *     an epoch has those that remain
 * @param learningRate the rate that {@code schedule} multiplies
 * @param weightDecay decoupled decay, which the learning rate multiplies
 * @param decayAll whether norms and biases decay, too
 * @param warmupSteps steps in which the rate grows from zero, 0 for none
 * @param warmupRatio the same as a share of all steps, rounded up; 0 to go by {@code warmupSteps}
 * @param schedule how the rate changes
 * @param maxGradNorm the largest L2 norm of the gradient, which is scaled down to it; 0 for no
 *     limit
 * @param shuffle whether each epoch has an order of its own
 * @param groupByLength whether rows of similar length are put together
 * @param seed of these orders and of dropout
 * @param evalEvery steps between evaluations, 0 for one at the end only
 */
public record FineTuningSettings(
    int epochs,
    long steps,
    int batchSize,
    boolean dropLast,
    int gradientAccumulation,
    double learningRate,
    double weightDecay,
    boolean decayAll,
    long warmupSteps,
    double warmupRatio,
    Schedule schedule,
    double maxGradNorm,
    boolean shuffle,
    boolean groupByLength,
    long seed,
    long evalEvery) {
  private static final String STEPS = "steps";
  private static final String SCHEDULE = "schedule";
  private static final String WARMUP_RATIO = "warmupRatio";

  /** Checks every value; {@link FineTuningSettingsBuilder} says what is allowed. */
  public FineTuningSettings {
    List<String> problems = new ArrayList<>();
    require(problems, "epochs", epochs, steps > 0 || epochs >= 1, "1 and above, or set steps");
    require(
        problems,
        "steps",
        steps,
        steps >= 0 && steps <= Integer.MAX_VALUE,
        "0 to " + Integer.MAX_VALUE);
    require(problems, "batchSize", batchSize, batchSize >= 1, "1 and above");
    require(
        problems,
        "gradientAccumulation",
        gradientAccumulation,
        gradientAccumulation >= 1 && (long) gradientAccumulation * batchSize <= Integer.MAX_VALUE,
        "1 and above, times batchSize at most " + Integer.MAX_VALUE);
    requireFinite(problems, "learningRate", learningRate);
    requireFinite(problems, "weightDecay", weightDecay);
    require(problems, "warmupSteps", warmupSteps, warmupSteps >= 0, "0 and above");
    require(
        problems,
        "warmupRatio",
        warmupRatio,
        warmupRatio >= 0 && warmupRatio <= 1 && (warmupRatio == 0 || warmupSteps == 0),
        "0 to 1, and above 0 without warmupSteps only");
    requireFinite(problems, "maxGradNorm", maxGradNorm);
    require(
        problems,
        "groupByLength",
        groupByLength,
        shuffle || !groupByLength,
        "false without shuffle");
    require(problems, "evalEvery", evalEvery, evalEvery >= 0, "0 and above");
    if (!problems.isEmpty()) {
      throw new PeftException("These settings are impossible: " + String.join(" ", problems));
    }
  }

  private static void requireFinite(List<String> problems, String name, double value) {
    require(problems, name, value, value >= 0 && Double.isFinite(value), "0 and above, finite");
  }

  private static void require(
      List<String> problems, String name, Object value, boolean holds, String allowed) {
    if (!holds) {
      problems.add(name + " is " + value + "; allowed: " + allowed + ".");
    }
  }

  /** A builder with the defaults. */
  public static FineTuningSettingsBuilder builder() {
    return new FineTuningSettingsBuilder();
  }

  /** The same with another schedule. */
  FineTuningSettings withSchedule(Schedule value) {
    return new FineTuningSettings(
        epochs,
        steps,
        batchSize,
        dropLast,
        gradientAccumulation,
        learningRate,
        weightDecay,
        decayAll,
        warmupSteps,
        warmupRatio,
        value,
        maxGradNorm,
        shuffle,
        groupByLength,
        seed,
        evalEvery);
  }

  /** The same with another rate, schedule and no warm-up. */
  FineTuningSettings sweeping(double rate, Schedule value) {
    return new FineTuningSettings(
        epochs,
        steps,
        batchSize,
        dropLast,
        gradientAccumulation,
        rate,
        weightDecay,
        decayAll,
        0,
        0,
        value,
        maxGradNorm,
        shuffle,
        groupByLength,
        seed,
        evalEvery);
  }

  /** The warm-up's steps in a training of that many. */
  long warmup(long total) {
    return warmupRatio > 0 ? (long) Math.ceil(warmupRatio * total) : warmupSteps;
  }

  /**
   * What a checkpoint holds of them.
   *
   * @param rates of tensors by pattern
   * @param workers that train together: the sums of another number are rounded in another way
   */
  SavedSettings saved(Map<String, Double> rates, int workers) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("epochs", (long) epochs);
    values.put(STEPS, steps);
    values.put("batchSize", (long) batchSize);
    values.put("dropLast", dropLast);
    values.put("gradientAccumulation", (long) gradientAccumulation);
    values.put("learningRate", learningRate);
    values.put("weightDecay", weightDecay);
    values.put("decayAll", decayAll);
    values.put("warmupSteps", warmupSteps);
    values.put(WARMUP_RATIO, warmupRatio);
    values.put(SCHEDULE, schedule.name());
    values.put("maxGradNorm", maxGradNorm);
    values.put("shuffle", shuffle);
    values.put("groupByLength", groupByLength);
    values.put("seed", seed);
    values.put("evalEvery", evalEvery);
    if (workers > 1) {
      values.put("workers", (long) workers);
    }
    rates.forEach((pattern, rate) -> values.put("learningRateOf." + pattern, rate));
    return new SavedSettings(values, FineTuningSettings::binding);
  }

  /** Leaves of values what a resumed training must share. */
  private static Map<String, Object> binding(Map<String, Object> values) {
    Map<String, Object> binding = new LinkedHashMap<>(values);
    binding.remove("evalEvery");
    if (values.get(STEPS) instanceof Long count && count > 0) {
      binding.remove("epochs");
      // A constant rate does not depend on when the training ends, but for its warm-up.
      if (StandardSchedule.CONSTANT.name().equals(values.get(SCHEDULE))
          && values.get(WARMUP_RATIO) instanceof Double share
          && share == 0) {
        binding.remove(STEPS);
      }
    }
    return binding;
  }
}
