package org.peft4j.method;

/**
 * The random masks of the adapters' dropout. Seed and count are their whole state: a training that
 * restores both draws the masks that it would have drawn without the interruption.
 */
public interface RandomMasks {
  /** The seed of all masks. */
  long seed();

  /** How many training passes have drawn masks so far. */
  long passes();

  /** Continues after {@code passes} training passes with this seed. */
  void restore(long seed, long passes);
}
