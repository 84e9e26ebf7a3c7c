package org.peft4j.diffusion.schedule;

/** Which of the training's steps a sampler visits (Lin et al., 2305.08891, table 2). */
public enum TimestepSpacing {
  /** 0 and the last step are among them. */
  LINSPACE,
  /** From 0 on, evenly: the last step is not among them. */
  LEADING,
  /** From the last step down, evenly. */
  TRAILING
}
