package org.peft4j.transformers.architecture;

/** One of a model's stacks. */
public enum Side {
  /** The encoder whose output the body's cross-attention reads. */
  ENCODER,
  /** The stack beside the body that reads pictures: CLIP. */
  PICTURES,
  /** The stack whose output the head reads. */
  BODY
}
