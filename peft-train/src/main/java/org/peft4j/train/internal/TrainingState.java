package org.peft4j.train.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.memory.Scratch;
import org.peft4j.method.RandomMasks;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.train.data.DataSource;
import org.peft4j.train.metrics.RunHistory;

/**
 * All that a training needs to go on as if it had never been stopped: the adapters, the arrays of
 * the optimizer and of the methods, the position in the data, and the state of the random masks.
 */
public final class TrainingState {
  /** How names of arrays of evaluations begin: a training may go on with other evaluations. */
  public static final String EVALUATION = "evaluation.";

  private static final String ARRAYS = "optimizer.safetensors";

  private final PeftModel<ComputationGraph> model;
  private final SavedSettings settings;
  private final DataSource<?> data;
  private final Supplier<Map<String, INDArray>> arrays;
  private final BiConsumer<String, INDArray> usable;

  /**
   * The state of a training.
   *
   * @param arrays what the next steps depend on, by name: not copies
   * @param usable throws if a checkpoint's values for one of them are impossible
   */
  public TrainingState(
      PeftModel<ComputationGraph> model,
      SavedSettings settings,
      DataSource<?> data,
      Supplier<Map<String, INDArray>> arrays,
      BiConsumer<String, INDArray> usable) {
    this.model = model;
    this.settings = settings;
    this.data = data;
    this.arrays = arrays;
    this.usable = usable;
  }

  /** About the size of a checkpoint: the arrays, and the adapters' share of them once more. */
  public long bytes() {
    long elements = arrays.get().values().stream().mapToLong(INDArray::length).sum();
    return (elements + model.network().numParams()) * model.network().params().dataType().width();
  }

  /** Writes everything into a folder that is there and empty. */
  void write(Path folder, RunHistory history) {
    model.save(folder);
    TensorFile.write(folder.resolve(ARRAYS), arrays.get(), Map.of());
    RandomMasks masks = model.training().masks();
    StateFile.write(
        folder,
        new Position(
            history,
            model.active(),
            settings.values(),
            data.checksum(),
            new TreeMap<>(data.position()),
            masks.seed(),
            masks.passes()));
  }

  /**
   * Goes back to a checkpoint.
   *
   * @return what was done until then
   * @throws PeftException if it is broken, or of another training; nothing is changed then
   */
  public RunHistory restore(Path folder) {
    Position position = StateFile.read(folder);
    requireSame(folder, position);
    try (TensorSource source = TensorSource.open(folder.resolve(ARRAYS))) {
      Map<String, INDArray> targets = new LinkedHashMap<>(arrays.get());
      targets
          .keySet()
          .removeIf(name -> name.startsWith(EVALUATION) && !source.tensors().containsKey(name));
      requireNames(source, targets);
      targets.forEach((name, target) -> requireShape(source, source.tensor(name), target));
      targets.forEach((name, target) -> requireValues(source, name, target));
      data.restore(position.dataPosition());
      targets.forEach((name, target) -> TensorFile.read(source, name, target));
    }
    model.training().masks().restore(position.maskSeed(), position.maskPasses());
    return position.history();
  }

  /** Fails, with every difference, if the checkpoint is of another training. */
  private void requireSame(Path folder, Position position) {
    List<String> differences = new ArrayList<>();
    if (!position.active().equals(model.active())) {
      differences.add("its adapters are " + position.active() + ", not " + model.active());
    }
    settings.difference(position.settings()).ifPresent(differences::add);
    if (position.dataChecksum() != data.checksum()) {
      differences.add("its data is another");
    }
    if (position.history().steps() > data.steps()) {
      differences.add("it has made " + position.history().steps() + " steps of " + data.steps());
    }
    if (!differences.isEmpty()) {
      throw new PeftException(
          folder + " is of another training: " + String.join("; ", differences) + ".");
    }
  }

  private static void requireNames(TensorSource source, Map<String, INDArray> targets) {
    for (String name : source.tensors().keySet()) {
      if (!targets.containsKey(name) && !name.startsWith(EVALUATION)) {
        throw new PeftException(
            source.path()
                + ": "
                + name
                + " belongs to another optimizer or method; this training has "
                + targets.keySet()
                + ". Resume with the optimizer and the adapters of the checkpoint.");
      }
    }
  }

  private void requireValues(TensorSource source, String name, INDArray target) {
    INDArray read = Scratch.of(target.dataType(), target.shape());
    try {
      TensorFile.read(source, name, read);
      if (!Finite.all(read)) {
        throw new PeftException(
            source.path()
                + ": "
                + name
                + " has infinite or NaN values; resume from another checkpoint.");
      }
      usable.accept(name, read);
    } finally {
      Scratch.release(read);
    }
  }

  private static void requireShape(TensorSource source, TensorInfo info, INDArray target) {
    if (info.elementCount() != target.length() || !info.dtype().isFloating()) {
      throw new PeftException(
          source.path()
              + ": "
              + info.name()
              + " is "
              + info.dtype()
              + info.shape()
              + "; this model's active adapters have "
              + target.length()
              + " parameters. Resume with the model and the adapters of the checkpoint.");
    }
  }
}
