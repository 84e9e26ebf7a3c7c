package org.peft4j.train.parallel;

/** Which examples each of several workers has. */
public enum WorkerRows {
  /** All have the same, and each takes its part of every batch. */
  SHARED,
  /**
   * Each has some of its own, such as a partition of a distributed data set. A worker whose rows
   * come to an end before others' waits for the next epoch.
   */
  OWN
}
