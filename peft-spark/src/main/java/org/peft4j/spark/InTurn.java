package org.peft4j.spark;

import org.apache.spark.Partitioner;

/** Gives rows to workers in turn, by their numbers. */
final class InTurn extends Partitioner {
  private static final long serialVersionUID = 1L;

  private final int workers;

  InTurn(int workers) {
    this.workers = workers;
  }

  @Override
  public int numPartitions() {
    return workers;
  }

  @Override
  public int getPartition(Object key) {
    return (int) ((Long) key % workers);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InTurn turn && turn.workers == workers;
  }

  @Override
  public int hashCode() {
    return workers;
  }
}
