package org.peft4j.transformers.plan;

/**
 * What a training step needs beside weights and adapters, in bytes: what it keeps for its backward
 * pass, and the most that it needs for a moment.
 *
 * @param plain without gradient checkpointing
 * @param checkpointed with it: every block keeps its input only
 */
public record ActivationMemory(long plain, long checkpointed) {}
