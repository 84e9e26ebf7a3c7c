package org.peft4j.lora;

/**
 * How much of the data a task is trained on. Measured on small language models, at the same number
 * of passes smaller batches came to lower held-out losses, since they make more steps; and losses
 * were near their lowest after some 300 steps. So a batch is the usual one, halved while ten passes
 * make fewer steps than that; and the steps are those of the usual passes, or 300, or those of ten
 * passes if these are fewer.
 *
 * @param batch the usual one
 * @param passes over the data, the usual ones
 * @param most passes over little data
 */
record Amount(int batch, int passes, int most) {
  private static final long ENOUGH = 300;
  private static final int LEAST_BATCH = 4;

  static Amount of(Task task) {
    return switch (task) {
      case GENERATION, TEXT_CLASSIFICATION -> new Amount(16, 3, 10);
      case TRANSLATION, SUMMARISATION -> new Amount(16, 5, 10);
      // The other examples of a batch are what an example is told from.
      case EMBEDDING -> new Amount(32, 1, 10);
      // A preference is soon learned by heart.
      case PREFERENCE -> new Amount(16, 1, 3);
    };
  }

  /** Examples a step. */
  int batch(Task task, long examples) {
    int size = (int) Math.min(batch, examples);
    if (task == Task.EMBEDDING) {
      return size;
    }
    while (size / 2 >= LEAST_BATCH && steps(most, size, examples) < ENOUGH) {
      size /= 2;
    }
    return size;
  }

  /** Updates with batches of that size. */
  long steps(int size, long examples) {
    return Math.max(steps(passes, size, examples), Math.min(ENOUGH, steps(most, size, examples)));
  }

  private static long steps(int passes, int size, long examples) {
    return Math.multiplyExact(passes, (examples + size - 1) / size);
  }
}
