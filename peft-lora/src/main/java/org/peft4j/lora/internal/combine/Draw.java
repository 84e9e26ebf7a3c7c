package org.peft4j.lora.internal.combine;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.peft4j.method.Combination;

/** Chooses the entries of an array that random pruning keeps. */
@FunctionalInterface
interface Draw {
  /**
   * Whether each entry of an array is kept.
   *
   * @param sum the name of the sum
   * @param index the array's index among the summed arrays
   */
  boolean[] kept(String sum, int index, int entries);

  /**
   * Keeps each entry with the probability of {@code how}'s density, from its seed and the array's
   * place.
   */
  static Draw seeded(Combination how) {
    double density = how.density().orElse(1);
    return (sum, index, entries) -> {
      long seed = 31 * (31 * how.seed() + sum.hashCode()) + index;
      RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
      boolean[] kept = new boolean[entries];
      for (int i = 0; i < entries; i++) {
        kept[i] = random.nextDouble() < density;
      }
      return kept;
    };
  }
}
