package org.peft4j.transformers.architecture;

import java.util.Set;

/**
 * The names in a checkpoint.
 *
 * @param modelType {@code model_type} of its {@code config.json}: {@code llama}
 * @param className the class in {@code architectures}: {@code LlamaForCausalLM}
 * @param bodyPrefix the first segment of the names of all modules except the head; some checkpoints
 *     leave it out
 * @param constants keys of constant tensors that some checkpoints contain
 * @param zeros keys of tensors that some checkpoints contain, which must be zero
 */
public record CheckpointNames(
    String modelType,
    String className,
    String bodyPrefix,
    Set<String> constants,
    Set<String> zeros) {
  public CheckpointNames {
    constants = Set.copyOf(constants);
    zeros = Set.copyOf(zeros);
  }

  /** Names without tensors that must be zero. */
  public CheckpointNames(
      String modelType, String className, String bodyPrefix, Set<String> constants) {
    this(modelType, className, bodyPrefix, constants, Set.of());
  }
}
