package org.peft4j.train.schedule;

/** How the learning rate changes over a training. */
public interface Schedule {
  /**
   * The factor of the learning rate.
   *
   * @param step from 0
   * @param warmup the number of warm-up steps, 0 for none
   * @param total the number of steps of the whole training
   * @return 0 and above, finite
   */
  double factor(long step, long warmup, long total);

  /** Its name in a checkpoint: a training resumes with the schedule that it began with. */
  String name();
}
