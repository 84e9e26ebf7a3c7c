package org.peft4j.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.TrainingHook;
import org.peft4j.train.data.TrainingData;

/** Builds a {@link FineTuner}. */
public final class FineTunerBuilder {
  final PeftModel<ComputationGraph> model;
  final TrainingData data;
  final List<TrainingListener> listeners = new ArrayList<>();
  FineTuningSettings settings = FineTuningSettings.builder().build();
  final List<Supplier<TrainingHook>> hooks = new ArrayList<>();
  @Nullable ParameterGroups groups;
  @Nullable TrainingData evaluation;
  @Nullable Checkpoints checkpoints;
  @Nullable Path resumeFrom;

  FineTunerBuilder(PeftModel<ComputationGraph> model, TrainingData data) {
    this.model = model;
    this.data = data;
  }

  /** The numbers of the training; the defaults of {@link FineTuningSettings#builder} otherwise. */
  public FineTunerBuilder settings(FineTuningSettings value) {
    settings = value;
    return this;
  }

  /** Data to evaluate on, at the end and as often as the settings say; none by default. */
  public FineTunerBuilder evaluation(TrainingData value) {
    evaluation = value;
    return this;
  }

  /** One more listener; they are called in the order in which they were added. */
  public FineTunerBuilder listener(TrainingListener value) {
    listeners.add(value);
    return this;
  }

  /** Learning rates and decays by tensor, such as LoRA+'s; the settings' for all unless set. */
  public FineTunerBuilder groups(ParameterGroups value) {
    groups = value;
    return this;
  }

  /**
   * What else is done between the steps, beside what the methods do. It is closed when a run ends.
   *
   * @param value makes the hook when a run begins
   */
  public FineTunerBuilder hook(Supplier<TrainingHook> value) {
    hooks.add(value);
    return this;
  }

  /**
   * Where checkpoints are written; nowhere by default. One is also written when the training is
   * stopped. The last two are kept.
   *
   * @param every steps between checkpoints, 1 and above
   * @throws PeftException if {@code every} is not allowed
   */
  public FineTunerBuilder checkpoints(Path folder, long every) {
    checkpoints = new Checkpoints(folder, every);
    return this;
  }

  /**
   * Continues from a checkpoint, {@link Checkpoints#latest} say, instead of starting anew. The
   * model must have the same adapters active, and data and settings must be those of the training
   * that was stopped; only {@code evalEvery} may differ, and the number of steps with a constant
   * rate.
   */
  public FineTunerBuilder resumeFrom(Path checkpoint) {
    resumeFrom = checkpoint;
    return this;
  }

  /**
   * Builds.
   *
   * @throws PeftException if no adapter of the model is active
   */
  public FineTuner build() {
    if (model.active().isEmpty()) {
      throw new PeftException(
          "No adapter is active, so nothing would train. Activate one of "
              + model.adapters()
              + " with setActive, or add one.");
    }
    return new FineTuner(this);
  }
}
