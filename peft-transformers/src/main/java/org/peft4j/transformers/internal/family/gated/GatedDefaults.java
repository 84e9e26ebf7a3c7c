package org.peft4j.transformers.internal.family.gated;

import java.util.OptionalInt;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/**
 * What a config means that leaves a field out. Begins with Llama's values; each method changes one.
 */
final class GatedDefaults {
  /** The first segment of the names of all modules except the head. */
  static final String BODY = "model";

  final String modelType;
  final String className;
  final int maxPositions;
  String body = BODY;
  OptionalInt keyValueHeads = OptionalInt.empty();
  OptionalInt headSize = OptionalInt.empty();
  OptionalInt padding = OptionalInt.empty();
  String activationField = "hidden_act";
  String activation = "silu";
  double epsilon = 1e-6;
  double theta = 10_000;
  boolean tied;

  /**
   * @param maxPositions the default of {@code max_position_embeddings}
   */
  GatedDefaults(String modelType, String className, int maxPositions) {
    this.modelType = modelType;
    this.className = className;
    this.maxPositions = maxPositions;
  }

  /**
   * {@code transformer} before the names of all modules of a model that answers questions;
   * otherwise it is {@value #BODY}, as in every other.
   */
  GatedDefaults renamedForAnswers(TaskHead task) {
    body = task.task() == Task.QUESTION_ANS ? "transformer" : body;
    return this;
  }

  /** {@code num_key_value_heads}; otherwise the number of query heads, as also where it is null. */
  GatedDefaults keyValueHeads(int value) {
    keyValueHeads = OptionalInt.of(value);
    return this;
  }

  /** {@code head_dim}; otherwise the width divided by the heads. */
  GatedDefaults headSize(int value) {
    headSize = OptionalInt.of(value);
    return this;
  }

  /** {@code pad_token_id}; otherwise there is none. */
  GatedDefaults padding(int value) {
    padding = OptionalInt.of(value);
    return this;
  }

  /** The field that names the activation, and its default. */
  GatedDefaults activation(String field, String value) {
    activationField = field;
    activation = value;
    return this;
  }

  /** {@code rms_norm_eps}. */
  GatedDefaults epsilon(double value) {
    epsilon = value;
    return this;
  }

  /** {@code rope_theta}. */
  GatedDefaults theta(double value) {
    theta = value;
    return this;
  }

  /** {@code tie_word_embeddings} true. */
  GatedDefaults tied() {
    tied = true;
    return this;
  }
}
