package org.peft4j.transformers.inspection;

/** What is at a path. */
public sealed interface Description
    permits ModelDescription, AdapterDescription, TensorsDescription {
  /** The tensors in its files. */
  TensorTable tensors();

  /** The description as text of several lines. */
  String text();
}
