package org.peft4j.transformers.architecture;

import java.util.Set;

/**
 * How a checkpoint names what it holds.
 *
 * @param modelType {@code model_type} of its {@code config.json}: {@code llama}
 * @param className what {@code architectures} there says: {@code LlamaForCausalLM}
 * @param bodyPrefix the first segment of the names of all modules but the head, which some
 *     checkpoints leave out
 * @param constants keys of tensors that some checkpoints hold although nothing in them is learnt
 */
public record CheckpointNames(
    String modelType, String className, String bodyPrefix, Set<String> constants) {
  public CheckpointNames {
    constants = Set.copyOf(constants);
  }
}
