package org.peft4j.transformers.plan;

import org.peft4j.transformers.config.Precision;

/**
 * The memory of a training step beyond weights and adapters, in bytes: what it keeps for its
 * backward pass, and the peak of its temporary arrays.
 *
 * @param plain without gradient checkpointing
 * @param rounded the same in {@link Precision#BF16}, where blocks keep most results in BFLOAT16
 * @param checkpointed with it: every block keeps only its input
 */
public record ActivationMemory(long plain, long rounded, long checkpointed) {
  /** The bytes of one choice. */
  public long of(Precision precision, boolean checkpointing) {
    if (checkpointing) {
      return checkpointed;
    }
    return precision == Precision.BF16 ? rounded : plain;
  }
}
