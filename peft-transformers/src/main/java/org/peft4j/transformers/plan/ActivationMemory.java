package org.peft4j.transformers.plan;

/**
 * The memory of a training step beyond weights and adapters, in bytes: what it keeps for its
 * backward pass, and the peak of its temporary arrays.
 *
 * @param plain without gradient checkpointing
 * @param checkpointed with it: every block keeps only its input
 */
public record ActivationMemory(long plain, long checkpointed) {}
