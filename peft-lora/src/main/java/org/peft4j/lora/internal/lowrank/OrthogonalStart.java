package org.peft4j.lora.internal.lowrank;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Initializer;
import org.peft4j.site.Site;

/**
 * First values of A and B that are orthogonal to each other: {@code A = (X·Q₁)ᵀ/10}, {@code B =
 * Y·Q₂/10} with normal X [in, r/2] and Y [out, r/2], and the even and odd rows Q₁ and Q₂ of an
 * orthogonal matrix [r, r], so that B·A is zero except for rounding. The site's name determines Q.
 */
final class OrthogonalStart {
  private static final double SCALE = 0.1;

  private OrthogonalStart() {}

  static Initializer forA(Site site, int rank) {
    return (target, random) ->
        target.assign(
            normal(site.inputs(), rank / 2, random)
                .mmul(half(site, rank, 0))
                .transpose()
                .mul(SCALE));
  }

  static Initializer forB(Site site, int rank) {
    return (target, random) ->
        target.assign(
            normal(site.outputs(), rank / 2, random).mmul(half(site, rank, 1)).mul(SCALE));
  }

  /** Every second row of Q. */
  private static INDArray half(Site site, int rank, int from) {
    RandomGenerator random =
        RandomGeneratorFactory.of("L64X128MixRandom").create(site.name().hashCode());
    INDArray q = normal(rank, rank, random).dup('f');
    INDArray r = Nd4j.create(DataType.DOUBLE, new long[] {rank, rank}, 'f');
    Nd4j.getBlasWrapper().lapack().geqrf(q, r);
    INDArray rows = Nd4j.create(DataType.DOUBLE, rank / 2, rank);
    for (int i = 0; i < rank / 2; i++) {
      rows.putRow(i, q.getRow(2 * i + from));
    }
    return rows;
  }

  private static INDArray normal(long rows, long columns, RandomGenerator random) {
    double[] values = new double[Math.toIntExact(rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape('c', rows, columns);
  }
}
