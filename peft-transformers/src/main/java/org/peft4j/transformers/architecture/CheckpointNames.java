package org.peft4j.transformers.architecture;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The names in a checkpoint.
 *
 * @param modelType {@code model_type} of its {@code config.json}: {@code llama}
 * @param className the class in {@code architectures}: {@code LlamaForCausalLM}
 * @param bodyPrefix the first segment of the names of all modules except the head; some checkpoints
 *     leave it out
 * @param constants keys of tensors that some checkpoints contain and no module reads: constants, or
 *     a table of tokens beside those that each stack has of its own
 * @param renamed keys in checkpoints that are not those of the model's modules, by the latter: the
 *     head of GPT-NeoX is {@code lm_head} in the model and {@code embed_out} in files
 * @param otherPrefix the body's prefix in checkpoints of the family's other classes, where it
 *     differs: Llama's body is {@code model}, and {@code transformer} under the head for answers
 */
public record CheckpointNames(
    String modelType,
    String className,
    String bodyPrefix,
    Set<String> constants,
    Map<String, String> renamed,
    Optional<String> otherPrefix) {
  public CheckpointNames {
    constants = Set.copyOf(constants);
    renamed = Map.copyOf(renamed);
  }

  /** Names of which none is another in checkpoints. */
  public CheckpointNames(
      String modelType, String className, String bodyPrefix, Set<String> constants) {
    this(modelType, className, bodyPrefix, constants, Map.of(), Optional.empty());
  }

  /** The same with the names in checkpoints of keys that are not the model's. */
  public CheckpointNames withRenamed(Map<String, String> keys) {
    return new CheckpointNames(modelType, className, bodyPrefix, constants, keys, otherPrefix);
  }

  /** The same with the body's prefix in the family's other classes. */
  public CheckpointNames withOtherPrefix(String prefix) {
    return new CheckpointNames(
        modelType, className, bodyPrefix, constants, renamed, Optional.of(prefix));
  }

  /** The key in checkpoints of the model's parameter of that key. */
  public String stored(String key) {
    return renamed.getOrDefault(key, key);
  }

  /** The key of the model's parameter that a checkpoint stores under that key. */
  public String own(String stored) {
    return renamed.entrySet().stream()
        .filter(entry -> entry.getValue().equals(stored))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseGet(() -> underOwnPrefix(stored));
  }

  private String underOwnPrefix(String stored) {
    return otherPrefix
        .filter(prefix -> stored.startsWith(prefix + "."))
        .map(prefix -> bodyPrefix + stored.substring(prefix.length()))
        .orElse(stored);
  }
}
