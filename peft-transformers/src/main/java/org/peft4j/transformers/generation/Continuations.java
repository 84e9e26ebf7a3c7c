package org.peft4j.transformers.generation;

import java.util.random.RandomGenerator;

/** Which tokens continue the beams of a prompt. */
@FunctionalInterface
interface Continuations {
  /** The likeliest ones, likeliest first; the first among equals. */
  Continuations LIKELIEST = Continuations::largest;

  /**
   * Chooses among all tokens of all beams.
   *
   * @param sums [beams][vocabulary], log probabilities of the texts; −∞ excludes one
   * @return {@code count} indices, beam · vocabulary + token
   */
  int[] choose(float[][] sums, int count);

  /**
   * Drawn by their probabilities, none twice, in the order of the draws: those with the largest sum
   * plus Gumbel noise −log(−log u) (Kool et al., arXiv 1903.06059).
   */
  static Continuations drawn(RandomGenerator random) {
    return (sums, count) -> {
      float[][] noisy = new float[sums.length][];
      for (int beam = 0; beam < sums.length; beam++) {
        noisy[beam] = sums[beam].clone();
        for (int id = 0; id < noisy[beam].length; id++) {
          noisy[beam][id] += (float) -Math.log(-Math.log(1 - random.nextDouble()));
        }
      }
      return largest(noisy, count);
    };
  }

  private static int[] largest(float[][] sums, int most) {
    int vocabulary = sums[0].length;
    int[] indices = new int[Math.min(most, vocabulary * sums.length)];
    float[] values = new float[indices.length];
    int count = 0;
    for (int i = 0; i < vocabulary * sums.length; i++) {
      float value = sums[i / vocabulary][i % vocabulary];
      if (count == indices.length && value <= values[count - 1]) {
        continue;
      }
      int at = count == indices.length ? count - 1 : count++;
      for (; at > 0 && values[at - 1] < value; at--) {
        values[at] = values[at - 1];
        indices[at] = indices[at - 1];
      }
      values[at] = value;
      indices[at] = i;
    }
    return indices;
  }
}
