package org.peft4j.internal.graft;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.peft4j.method.RandomMasks;

/** Seeds of the random masks of dropout, one for each training pass through each layer. */
public final class MaskSeeds implements RandomMasks {
  private final AtomicInteger suspended = new AtomicInteger();
  private final AtomicLong passes = new AtomicLong();
  private volatile long seed;

  /**
   * @param seed the model's seed
   */
  public MaskSeeds(long seed) {
    this.seed = seed;
  }

  /** Opens ({@code +1}) or closes ({@code -1}) a scope in which training is without dropout. */
  public void suspend(int change) {
    suspended.addAndGet(change);
  }

  /** Whether training passes use dropout now. */
  boolean inUse() {
    return suspended.get() == 0;
  }

  /** The seed of the next pass; equal model seeds give equal sequences. */
  long next() {
    return mix(seed + 0x9E3779B97F4A7C15L * passes.incrementAndGet());
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public long passes() {
    return passes.get();
  }

  @Override
  public void restore(long newSeed, long newPasses) {
    seed = newSeed;
    passes.set(newPasses);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
