package org.peft4j.onednn.internal.winograd;

/**
 * Minimal filtering F(m, 3) in one dimension (Winograd, 1980; Lavin and Gray, 2016): m neighbouring
 * results of three taps from {@code m + 2} products, {@code y = Aᵀ·((G·g) ⊙ (Bᵀ·d))}. Applied to
 * columns and then to rows it computes m × m results from {@code (m + 2)²} products.
 *
 * <p>Its functions transform vectors, of as many numbers as the caller likes: vector i begins at
 * {@code at + i·step} and its image at {@code to + i·apart}. They read and write whole vectors of
 * the processor, so that arrays need {@link Vectors#room} behind the last number.
 */
interface Tile {
  /** The number of results in each direction, m. */
  int results();

  /** The number of products in each direction, m + 2. */
  default int side() {
    return results() + 2;
  }

  /** Bᵀ: as many pixels as there are products. */
  void pixels(float[] d, int at, int step, float[] v, int to, int apart, int count);

  /** G: three taps. */
  void taps(float[] g, int at, int step, float[] u, int to, int apart, int count);

  /** Aᵀ: products to results. */
  void results(float[] p, int at, int step, float[] y, int to, int apart, int count);
}
