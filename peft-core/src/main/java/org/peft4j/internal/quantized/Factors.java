package org.peft4j.internal.quantized;

/** The factor of each block of a weight. */
public interface Factors {
  float of(int block);

  /** Reads as many as {@code target} has. */
  void get(int first, float[] target);

  /** Their size in bytes. */
  long bytes();

  /** Frees their memory. */
  void close();
}
