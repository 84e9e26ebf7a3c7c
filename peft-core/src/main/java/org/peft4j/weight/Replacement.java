package org.peft4j.weight;

/**
 * Values that a {@link FrozenWeight} computes with instead of its own. They take effect at once;
 * closing puts the weight's own values back, bit for bit, and frees these.
 */
public interface Replacement extends AutoCloseable {
  /** Puts the weight's own values back until {@link #resume}. */
  void suspend();

  /** Puts these values back after {@link #suspend}. */
  void resume();

  /** Makes these values the weight's own and frees the earlier ones; ends the replacement. */
  void keep();

  @Override
  void close();
}
