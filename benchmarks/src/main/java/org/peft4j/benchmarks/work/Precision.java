package org.peft4j.benchmarks.work;

/** What frozen weights are held and multiplied in. */
public enum Precision {
  FP32,
  BF16
}
