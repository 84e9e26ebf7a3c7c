package org.peft4j.internal.quantized;

import java.util.Optional;
import org.peft4j.kernel.CodedRows.FactorCodes;

/** The factor of each block of a weight. */
public interface Factors {
  float of(int block);

  /** Reads as many as {@code target} has. */
  void get(int first, float[] target);

  /** These as they are in memory, where those are codes of 8 bits. */
  default Optional<FactorCodes> inEightBits() {
    return Optional.empty();
  }

  /** Their size in bytes. */
  long bytes();

  /** Frees their memory. */
  void close();
}
