package org.peft4j.internal.graft;

/**
 * What all replicas of a wrapped model share at run time.
 *
 * @param activity which adapters act
 * @param masks the seeds of dropout
 * @param passes the state of passes
 */
public record SharedState(Activity activity, MaskSeeds masks, Passes passes) {
  /** All adapters act, and masks follow from a seed. */
  public static SharedState of(long seed) {
    return new SharedState(new Activity(), new MaskSeeds(seed), new Passes());
  }

  /** For a clone: all adapters act, masks and tasks go on from here. */
  public SharedState forClone() {
    SharedState copy = of(masks.seed());
    copy.masks.restore(masks.seed(), masks.passes());
    copy.passes.setTasks(passes.tasks());
    return copy;
  }
}
