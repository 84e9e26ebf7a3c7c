package org.peft4j.lora.adalora;

import java.util.List;

/**
 * When ranks are removed. The budget, the sum of all ranks, is b₀ up to step t₀ = {@code tinit};
 * then, until t₁ = {@code totalStep − tfinal}, {@code ⌊b₁ + (b₀ − b₁)·(1 − (t − t₀)/(t₁ − t₀))³⌋};
 * b₁ from there on. Allocations happen every {@code deltaT} steps and a last time at t₁. (Zhang et
 * al. 2023, section 3.3.) Steps count from 0.
 *
 * @param tinit steps before ranks may be removed; 0 and up
 * @param tfinal steps at the end with unchanged ranks; 0 and up
 * @param deltaT steps between allocations; 1 and up
 * @param totalStep steps of the whole training; above {@code tinit + tfinal}
 */
public record RankSchedule(int tinit, int tfinal, int deltaT, int totalStep) {
  /** Adds its problems to {@code problems}. */
  void check(List<String> problems) {
    if (totalStep < 1) {
      problems.add(
          "total_step is " + totalStep + "; allowed: 1 and up, the steps of the training.");
    }
    if (tinit < 0) {
      problems.add("tinit is " + tinit + "; allowed: 0 and up.");
    }
    if (tfinal < 0) {
      problems.add("tfinal is " + tfinal + "; allowed: 0 and up.");
    }
    if (deltaT < 1) {
      problems.add("deltaT is " + deltaT + "; allowed: 1 and up.");
    }
    if (totalStep >= 1 && tinit >= last()) {
      problems.add(
          "tinit "
              + tinit
              + " and tfinal "
              + tfinal
              + " leave no step of total_step "
              + totalStep
              + " for removing ranks. Lower them, or raise total_step.");
    }
  }

  /** The step of the last allocation, t₁. */
  public long last() {
    return (long) totalStep - tfinal;
  }

  /**
   * The budget after {@code step}, the sum of the ranks that are left.
   *
   * @param first b₀, the sum of all ranks at the start
   * @param target b₁, the sum in the end
   */
  public long budget(long step, long first, long target) {
    if (step <= tinit) {
      return first;
    }
    if (step > last()) {
      return target;
    }
    double left = 1 - (double) (step - tinit) / (last() - tinit);
    return (long) ((first - target) * Math.pow(left, 3) + target);
  }

  /** Whether an allocation follows {@code step}. */
  public boolean allocates(long step) {
    return step == last() || (step > tinit && step < last() && step % deltaT == 0);
  }
}
