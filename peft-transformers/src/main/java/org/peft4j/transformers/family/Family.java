package org.peft4j.transformers.family;

import java.util.Optional;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;

/**
 * A family of models: how its {@code config.json} is read, how a checkpoint names its modules, of
 * which parts a model is made, and how new weights are drawn.
 */
interface Family {
  /** The {@code model_type} of its {@code config.json}. */
  String modelType();

  /** Whether this library computes its models; those of other families are planned only. */
  default boolean runs() {
    return true;
  }

  /**
   * Describes a model. Fields that are missing, impossible or not supported go to {@code fields},
   * whoever made which throws them; the result has no meaning then.
   *
   * @param labels the classes of a classifier; empty for a language model
   */
  ModelArchitecture describe(ConfigFields fields, Optional<Labels> labels);
}
