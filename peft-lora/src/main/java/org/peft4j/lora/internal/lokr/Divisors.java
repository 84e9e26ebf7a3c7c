package org.peft4j.lora.internal.lokr;

/**
 * A dimension as a product of two numbers.
 *
 * @param small the smaller, unless the wanted factor divides the dimension and is the larger one
 * @param large the other
 */
record Divisors(long small, long large) {
  /**
   * Divides a dimension like LyCORIS: by {@code factor} itself if that divides it; otherwise into
   * the two numbers closest to each other whose smaller one is at most {@code factor}.
   *
   * @param factor −1 for no limit
   */
  static Divisors of(long dimension, int factor) {
    if (factor > 0 && dimension % factor == 0) {
      return new Divisors(factor, dimension / factor);
    }
    long limit = factor == -1 ? dimension : factor;
    long best = 1;
    for (long small = 1; small <= limit && small * small <= dimension; small++) {
      if (dimension % small == 0) {
        best = small;
      }
    }
    return new Divisors(best, dimension / best);
  }
}
