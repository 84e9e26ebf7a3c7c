package org.peft4j.adapter;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.random.impl.BernoulliDistribution;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * Inverted dropout: 1/(1−p) with probability 1−p, otherwise 0. Pass and site determine a mask, so
 * the backward pass draws it again instead of keeping it.
 */
public final class DropoutMask {
  private DropoutMask() {}

  /** A mask for the caller to {@link Scratch#release}. */
  public static INDArray draw(Pass pass, Site site, double dropout, DataType type, long... shape) {
    INDArray mask = Scratch.of(type, shape);
    long seed = pass.seed() ^ (site.name().hashCode() * 0x9E3779B97F4A7C15L);
    try (Random random = Nd4j.getRandomFactory().getNewRandomInstance(seed)) {
      Nd4j.getExecutioner().exec(new BernoulliDistribution(mask, 1 - dropout), random);
    } catch (Exception e) {
      throw new IllegalStateException("No random generator for dropout at " + site.name(), e);
    }
    return mask.divi(1 - dropout);
  }
}
