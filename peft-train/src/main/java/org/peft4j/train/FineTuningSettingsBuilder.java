package org.peft4j.train;

import org.peft4j.error.PeftException;
import org.peft4j.train.schedule.Schedule;
import org.peft4j.train.schedule.StandardSchedule;

/** Builds {@link FineTuningSettings}. */
public final class FineTuningSettingsBuilder {
  private int epochs = 1;
  private long steps;
  private int batchSize = 8;
  private boolean dropLast;
  private int gradientAccumulation = 1;
  private double learningRate = 2e-4;
  private double weightDecay;
  private boolean decayAll;
  private long warmupSteps;
  private double warmupRatio;
  private Schedule schedule = StandardSchedule.LINEAR;
  private double maxGradNorm = 1;
  private boolean shuffle = true;
  private boolean groupByLength;
  private long seed;
  private long evalEvery;

  FineTuningSettingsBuilder() {}

  /** Passes through the data; 1 and above, 1 by default. */
  public FineTuningSettingsBuilder epochs(int value) {
    epochs = value;
    return this;
  }

  /** The number of updates, instead of epochs; 0, the default, to go by epochs. */
  public FineTuningSettingsBuilder steps(long value) {
    steps = value;
    return this;
  }

  /** Sequences of a batch; 1 and above, 8 by default. */
  public FineTuningSettingsBuilder batchSize(int value) {
    batchSize = value;
    return this;
  }

  /**
   * Whether to leave out the last batch of an epoch if it is short; false, the default, to train on
   * it.
   */
  public FineTuningSettingsBuilder dropLast(boolean value) {
    dropLast = value;
    return this;
  }

  /**
   * Batches of a step; 1 and above, 1 by default. The last step of an epoch has those that remain.
   */
  public FineTuningSettingsBuilder gradientAccumulation(int value) {
    gradientAccumulation = value;
    return this;
  }

  /** The highest learning rate; 0 and above, 2e-4 by default. */
  public FineTuningSettingsBuilder learningRate(double value) {
    learningRate = value;
    return this;
  }

  /**
   * Decoupled weight decay of everything but norms and biases, as in Hugging Face transformers; 0
   * and above, 0 by default.
   */
  public FineTuningSettingsBuilder weightDecay(double value) {
    weightDecay = value;
    return this;
  }

  /** Whether norms and biases decay, too; false by default. */
  public FineTuningSettingsBuilder decayAll(boolean value) {
    decayAll = value;
    return this;
  }

  /** Steps in which the rate grows from zero; 0, the default, for none. */
  public FineTuningSettingsBuilder warmupSteps(long value) {
    warmupSteps = value;
    return this;
  }

  /** The same as a share of all steps, rounded up; 0 to 1, 0 by default. */
  public FineTuningSettingsBuilder warmupRatio(double value) {
    warmupRatio = value;
    return this;
  }

  /** How the rate changes; {@link StandardSchedule#LINEAR} by default. */
  public FineTuningSettingsBuilder schedule(Schedule value) {
    schedule = value;
    return this;
  }

  /** The largest L2 norm of the gradient, 1 by default; 0 for no limit. */
  public FineTuningSettingsBuilder maxGradNorm(double value) {
    maxGradNorm = value;
    return this;
  }

  /** Whether each epoch has its own order; true by default. */
  public FineTuningSettingsBuilder shuffle(boolean value) {
    shuffle = value;
    return this;
  }

  /**
   * Whether an epoch's order puts rows of similar length together, so that less is padded, as
   * transformers' {@code group_by_length} does; false by default. Needs {@link #shuffle}.
   */
  public FineTuningSettingsBuilder groupByLength(boolean value) {
    groupByLength = value;
    return this;
  }

  /** The seed of these orders and of dropout; 0 by default. */
  public FineTuningSettingsBuilder seed(long value) {
    seed = value;
    return this;
  }

  /** Steps between evaluations; 0, the default, for one at the end only. */
  public FineTuningSettingsBuilder evalEvery(long value) {
    evalEvery = value;
    return this;
  }

  /**
   * Checks and builds.
   *
   * @throws PeftException if a value is not allowed; names every such value
   */
  public FineTuningSettings build() {
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
        schedule,
        maxGradNorm,
        shuffle,
        groupByLength,
        seed,
        evalEvery);
  }
}
