package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** A network's gradients against central differences of its loss, in double precision. */
public final class NetworkSlopes {
  private static final double STEP = 1e-6;
  private static final int MOST = 100;

  private NetworkSlopes() {}

  /**
   * The gradient of each parameter, or of about {@value #MOST} of them at equal distances, is the
   * slope of the loss; and not all are zero. For a network without regularisation, which is in the
   * loss but enters the gradient only in the updater.
   */
  public static void assertGradients(MultiLayerNetwork network, DataSet data) {
    network.setInput(data.getFeatures());
    network.setLabels(data.getLabels());
    network.setLayerMaskArrays(data.getFeaturesMaskArray(), data.getLabelsMaskArray());
    network.computeGradientAndScore();
    INDArray gradient = network.getFlattenedGradients().dup();
    INDArray parameters = network.params();
    long stride = 1 + parameters.length() / MOST;
    for (long i = 0; i < parameters.length(); i += stride) {
      double value = parameters.getDouble(i);
      parameters.putScalar(i, value + STEP);
      double up = network.score(data, false);
      parameters.putScalar(i, value - STEP);
      double down = network.score(data, false);
      parameters.putScalar(i, value);
      // Deeplearning4j divides by the rows in its updater: its gradients are sums.
      assertThat(gradient.getDouble(i) / data.numExamples())
          .as("parameter %d of %d", i, parameters.length())
          .isCloseTo((up - down) / (2 * STEP), within(1e-6));
    }
    assertThat(gradient.norm2Number().doubleValue()).isPositive();
  }
}
