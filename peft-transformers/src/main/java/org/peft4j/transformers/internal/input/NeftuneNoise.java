package org.peft4j.transformers.internal.input;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.random.impl.UniformDistribution;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.site.Site;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * NEFTune: {@code x + ε}, with each element of ε uniform between ±α/√(L·d), for L tokens of width
 * d; in training alone. Pass and site determine ε, as they do the masks of dropout. <a
 * href="https://arxiv.org/abs/2310.05914">Paper</a>.
 */
final class NeftuneNoise {
  private NeftuneNoise() {}

  /**
   * Adds ε.
   *
   * @param alpha α, 0 for none
   * @param time the tokens of each sequence, padding included, as in transformers
   * @param rows [batch · time, width]
   */
  static void add(Pass pass, Site site, double alpha, long time, INDArray rows, CallMemory memory) {
    if (alpha == 0 || !pass.training()) {
      return;
    }
    double most = alpha / Math.sqrt((double) time * rows.size(1));
    INDArray noise = memory.temporary(rows.shape());
    long seed = pass.seed() ^ (("neftune " + site.name()).hashCode() * 0x9E3779B97F4A7C15L);
    try (Random random = Nd4j.getRandomFactory().getNewRandomInstance(seed)) {
      Nd4j.getExecutioner().exec(new UniformDistribution(noise, -most, most), random);
    } catch (Exception e) {
      throw new IllegalStateException("No random generator for the noise of NEFTune", e);
    }
    rows.addi(noise);
  }
}
