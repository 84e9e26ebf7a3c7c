package org.peft4j.transformers.internal.family;

import java.util.List;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/**
 * A family of models: how to read its {@code config.json}, the names of its modules in a
 * checkpoint, the parts of a model, and how to draw new weights.
 */
public interface Family {
  /** The {@code model_type} of its {@code config.json}. */
  String modelType();

  /** Its tasks; the first is that of a class without a head of labels. */
  default List<Task> tasks() {
    return List.of(Task.CAUSAL_LM, Task.SEQ_CLS);
  }

  /** The number of labels of a config that says nothing about them. */
  default int labelCount() {
    return 2;
  }

  /**
   * Describes a model. Reports missing, impossible and unsupported fields to {@code fields}, whose
   * creator throws them; the result is then meaningless.
   *
   * @param task one of {@link #tasks()}
   */
  ModelArchitecture describe(ConfigFields fields, TaskHead task);
}
