package org.peft4j.transformers.internal.batch;

/** What a layer does in a text's steps beyond Deeplearning4j's {@code rnnTimeStep}. */
public interface TextSteps {
  /** Forgets the last tokens of every row, as if they had not come. */
  default void takeBack(int tokens) {}

  /** Computes the results of the last positions of later calls only; 0 for all positions. */
  default void readLast(int positions) {}
}
