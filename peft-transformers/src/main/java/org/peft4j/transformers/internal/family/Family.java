package org.peft4j.transformers.internal.family;

import java.util.Optional;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;

/**
 * A family of models: how to read its {@code config.json}, the names of its modules in a
 * checkpoint, the parts of a model, and how to draw new weights.
 */
public interface Family {
  /** The {@code model_type} of its {@code config.json}. */
  String modelType();

  /**
   * Describes a model. Reports missing, impossible and unsupported fields to {@code fields}, whose
   * creator throws them; the result is then meaningless.
   *
   * @param labels the classes of a classifier; empty for a language model
   */
  ModelArchitecture describe(ConfigFields fields, Optional<Labels> labels);
}
