package org.peft4j.train;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.method.RandomMasks;
import org.peft4j.method.TrainingHook;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * All that a training needs to go on as if it had never been stopped: the adapters, the optimizer's
 * moments and step, what the methods keep between steps, and the state of the random masks. Which
 * batches come next follows from the step.
 */
final class TrainingState {
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String PARAMETERS = "parameters";
  private static final String FIRST_MOMENT = "exp_avg";
  private static final String SECOND_MOMENT = "exp_avg_sq";

  private final FineTuner tuner;
  private final AdamW optimizer;
  private final List<TrainingHook> hooks;

  TrainingState(FineTuner tuner, AdamW optimizer, List<TrainingHook> hooks) {
    this.tuner = tuner;
    this.optimizer = optimizer;
    this.hooks = hooks;
  }

  /** The number of steps made. */
  long step() {
    return optimizer.steps();
  }

  /** Writes everything into a folder that is there and empty. */
  void write(Path folder) {
    PeftModel<ComputationGraph> model = tuner.model();
    model.save(folder);
    TensorFile.write(folder.resolve(OPTIMIZER), vectors(), Map.of());
    RandomMasks random = model.training().masks();
    new TrainingPosition(
            step(),
            model.active(),
            tuner.settings(),
            tuner.data().checksum(),
            random.seed(),
            random.passes())
        .write(folder);
  }

  /** The parameters are there once more, in one piece: their order is that of the moments. */
  private Map<String, INDArray> vectors() {
    Map<String, INDArray> vectors = new LinkedHashMap<>();
    vectors.put(PARAMETERS, tuner.model().network().params());
    vectors.put(FIRST_MOMENT, optimizer.firstMoment());
    vectors.put(SECOND_MOMENT, optimizer.secondMoment());
    for (int i = 0; i < hooks.size(); i++) {
      String prefix = "hook." + i + ".";
      hooks.get(i).state().forEach((name, array) -> vectors.put(prefix + name, array));
    }
    return vectors;
  }

  /**
   * Goes back to a checkpoint.
   *
   * @throws PeftException if it is broken, or of another training; nothing is changed then
   */
  void restore(Path folder) {
    TrainingPosition position = TrainingPosition.read(folder);
    position.requireSame(folder, tuner);
    try (TensorSource source = TensorSource.open(folder.resolve(OPTIMIZER))) {
      Map<String, INDArray> vectors = vectors();
      vectors.forEach((name, vector) -> requireShape(source, source.tensor(name), vector));
      vectors.forEach((name, vector) -> TensorFile.read(source, name, vector));
    }
    hooks.forEach(TrainingHook::restored);
    optimizer.resumeAfter(position.step());
    tuner.model().training().masks().restore(position.maskSeed(), position.maskPasses());
  }

  private static void requireShape(TensorSource source, TensorInfo info, INDArray vector) {
    if (info.elementCount() != vector.length() || !info.dtype().isFloating()) {
      throw new PeftException(
          source.path()
              + ": "
              + info.name()
              + " is "
              + info.dtype()
              + info.shape()
              + "; this model's active adapters have "
              + vector.length()
              + " parameters. Resume with the model and the adapters of the checkpoint.");
    }
  }
}
