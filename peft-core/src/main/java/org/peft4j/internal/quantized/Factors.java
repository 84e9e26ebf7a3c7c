package org.peft4j.internal.quantized;

/** The factor of each block of a weight. */
public interface Factors {
  float of(int block);

  /** Their size in bytes. */
  long bytes();

  /** Frees their memory. */
  void close();
}
