package org.peft4j.examples.classifier;

import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Points in the plane on three spiral arms, which can be turned. */
final class Spirals {
  static final int ARMS = 3;

  private Spirals() {}

  /**
   * Points, and the arm of each as a one-hot row.
   *
   * @param count the number of points
   * @param turn the angle of the figure in radians
   */
  static DataSet points(int count, double turn, long seed) {
    Random random = new Random(seed);
    INDArray features = Nd4j.create(count, 2);
    INDArray labels = Nd4j.zeros(count, ARMS);
    for (int i = 0; i < count; i++) {
      int arm = i % ARMS;
      double radius = 0.15 + 0.85 * random.nextDouble();
      double angle = 3 * radius + 2 * Math.PI * arm / ARMS + turn + 0.12 * random.nextGaussian();
      features.putScalar(i, 0, radius * Math.cos(angle));
      features.putScalar(i, 1, radius * Math.sin(angle));
      labels.putScalar(i, arm, 1);
    }
    return new DataSet(features, labels);
  }
}
