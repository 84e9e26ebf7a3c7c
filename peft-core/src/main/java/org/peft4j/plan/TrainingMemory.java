package org.peft4j.plan;

/**
 * An estimate of what training takes, in bytes. It is of arrays only: the Java heap, the native
 * libraries and what they keep for themselves come on top.
 *
 * @param weights the frozen weights
 * @param adapters the trainable parameters
 * @param gradients one for each of them
 * @param optimizer the two moments that Adam and AdamW keep of each
 * @param activations what a step keeps for its backward pass and needs for a moment; 0 where the
 *     batch is not known
 */
public record TrainingMemory(
    long weights, long adapters, long gradients, long optimizer, long activations) {
  private static final int MOMENTS = 2;

  /**
   * For Adam or AdamW, without activations.
   *
   * @param trainable the number of trainable parameters
   * @param width bytes of each
   */
  public static TrainingMemory of(long weights, long trainable, int width) {
    long adapters = Math.multiplyExact(trainable, (long) width);
    return new TrainingMemory(weights, adapters, adapters, MOMENTS * adapters, 0);
  }

  /** The same with weights that take {@code bytes}. */
  public TrainingMemory withWeights(long bytes) {
    return new TrainingMemory(bytes, adapters, gradients, optimizer, activations);
  }

  /** The same with activations that take {@code bytes}. */
  public TrainingMemory withActivations(long bytes) {
    return new TrainingMemory(weights, adapters, gradients, optimizer, bytes);
  }

  /** The sum of all parts. */
  public long total() {
    return weights + adapters + gradients + optimizer + activations;
  }
}
