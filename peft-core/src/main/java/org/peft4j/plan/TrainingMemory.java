package org.peft4j.plan;

/**
 * An estimate of training memory in bytes. Its parts are arrays; {@link #process} adds the Java
 * heap and the native libraries.
 *
 * @param weights the frozen weights
 * @param adapters the trainable parameters
 * @param gradients one for each of them
 * @param optimizer its state; that of Adam and AdamW, two moments of each, unless another was given
 * @param activations what a step keeps for its backward pass, with its temporaries; 0 if the batch
 *     is unknown
 */
public record TrainingMemory(
    long weights, long adapters, long gradients, long optimizer, long activations) {
  private static final int MOMENTS = 2;

  /** What the JVM takes with ND4J's and oneDNN's libraries, as the launcher starts it. */
  private static final long RUNTIME = 300_000_000;

  /** How many times an adapter is in memory on its way to or from a file, beside itself. */
  private static final int COPIES = 2;

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

  /** The same estimate with {@code bytes} of weights. */
  public TrainingMemory withWeights(long bytes) {
    return new TrainingMemory(bytes, adapters, gradients, optimizer, activations);
  }

  /** The same estimate with {@code bytes} of activations. */
  public TrainingMemory withActivations(long bytes) {
    return new TrainingMemory(weights, adapters, gradients, optimizer, bytes);
  }

  /** The same estimate with {@code bytes} of an optimizer's state. */
  public TrainingMemory withOptimizer(long bytes) {
    return new TrainingMemory(weights, adapters, gradients, bytes, activations);
  }

  /** The sum of all parts. */
  public long total() {
    return weights + adapters + gradients + optimizer + activations;
  }

  /**
   * The most that a process which trains on the CPU has in memory, mapped files included: all
   * parts, 300 MB for the JVM and its libraries, and copies of the adapter.
   */
  public long process() {
    return total() + RUNTIME + COPIES * adapters;
  }
}
