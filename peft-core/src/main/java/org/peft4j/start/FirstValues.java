package org.peft4j.start;

import org.jspecify.annotations.Nullable;

/** First values that an adapter takes from what it sees of some data. */
public interface FirstValues {
  /**
   * Records what the adapter sees in the forward passes of {@code forward}.
   *
   * @param rows whether each row [batch·time] of a pass counts; null for all
   */
  void observe(Runnable forward, boolean @Nullable [] rows);

  /**
   * Gives the adapter its values.
   *
   * @throws org.peft4j.error.PeftException if nothing was observed
   */
  void apply();
}
