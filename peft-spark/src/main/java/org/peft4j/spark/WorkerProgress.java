package org.peft4j.spark;

/**
 * How far the first worker has come in this try of all.
 *
 * @param steps made
 * @param tokens in them, those of all workers
 */
public record WorkerProgress(long steps, long tokens) {}
