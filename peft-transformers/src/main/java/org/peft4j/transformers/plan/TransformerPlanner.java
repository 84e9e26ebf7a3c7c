package org.peft4j.transformers.plan;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.Peft;
import org.peft4j.config.PeftConfig;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.ModelOutline;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.weights.StoredHead;

/**
 * Plans for transformers from their {@code config.json} alone: reads no weights, allocates no
 * arrays.
 */
public final class TransformerPlanner {
  private static final int SINGLE = DataType.FLOAT.width();

  private final ModelArchitecture model;

  private TransformerPlanner(ModelArchitecture model) {
    this.model = model;
  }

  /**
   * Plans for a {@code config.json}.
   *
   * @param path the file, or the folder that contains it
   * @throws org.peft4j.error.PeftException if the file is missing, its family is unknown, or the
   *     config is impossible for the model
   */
  public static TransformerPlan plan(Path path, PeftConfig config, TrainingBatch batch) {
    return plan(StoredHead.of(path, Families.read(path)), config, batch);
  }

  /**
   * Plans for a {@code config.json} with that head: the model's own, or a new one.
   *
   * @throws org.peft4j.error.PeftException as above, or if the model cannot have that head
   */
  public static TransformerPlan plan(
      Path path, TaskHead head, PeftConfig config, TrainingBatch batch) {
    ModelArchitecture own = Families.read(path);
    return own.task() == head.task() && AdapterTask.head(own).equals(head)
        ? plan(path, config, batch)
        : plan(StoredHead.of(path, Families.read(path, head)), config, batch);
  }

  /** Plans for a model whose architecture is known. */
  public static TransformerPlan plan(
      ModelArchitecture model, PeftConfig config, TrainingBatch batch) {
    return new TransformerPlanner(model).plan(config, batch);
  }

  /** A picture's length is the number of its patches, and of the tokens before them. */
  private TrainingBatch read(TrainingBatch batch) {
    return model.readsText() ? batch : new TrainingBatch(batch.sequences(), model.maxPositions());
  }

  private TransformerPlan plan(PeftConfig config, TrainingBatch given) {
    TrainingBatch batch = read(given);
    WeightSizes weights = WeightSizes.of(model);
    ModelOutline outline =
        new ModelOutline(
            model.sites(),
            model.tiedHead().stream().map(head -> head.site().name()).collect(Collectors.toSet()),
            Optional.of(model.modelType()),
            weights.count(),
            weights.bytes(Precision.FP32),
            DataType.FLOAT);
    AdapterPlan adapter = Peft.plan(outline, config);
    ActivationMemory activations = activations(adapter, batch);
    return new TransformerPlan(
        model.modelType(),
        adapter.withActivations(activations.plain()),
        batch,
        weights,
        activations);
  }

  private ActivationMemory activations(AdapterPlan adapter, TrainingBatch batch) {
    Set<String> adapted = new HashSet<>();
    adapter.sites().forEach(site -> adapted.add(site.name()));
    return StepMemory.of(model, batch, adapted)
        .bytes(blocksFrom(adapted), any(model.head().sites(), adapted), SINGLE);
  }

  /** The number of runs of blocks from the first adapted site on. */
  private int blocksFrom(Set<String> adapted) {
    int blocks = 0;
    boolean reached = false;
    for (StackPart stack : model.stacks()) {
      reached = reached || any(stack.input().sites(), adapted);
      for (BlockPart block : stack.blocks()) {
        reached = reached || any(block.sites(), adapted);
        blocks += reached ? block.times() : 0;
      }
      reached = reached || any(stack.sites(), adapted);
    }
    return blocks;
  }

  private static boolean any(List<Site> sites, Set<String> adapted) {
    return sites.stream().anyMatch(site -> adapted.contains(site.name()));
  }
}
