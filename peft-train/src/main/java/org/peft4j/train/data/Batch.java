package org.peft4j.train.data;

/** Examples side by side, as an objective takes them. */
public interface Batch {
  /** The number of tokens, padding not counted. */
  int tokens();
}
