package org.peft4j.testing;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** A network's gradients against {@link Slopes} of its loss. */
public final class NetworkSlopes {
  private static final double TOLERANCE = 1e-6;

  private NetworkSlopes() {}

  /**
   * The gradient is the slope of the loss. For a network without regularisation, which is in the
   * loss but enters the gradient only in the updater.
   */
  public static void assertGradients(MultiLayerNetwork network, DataSet data) {
    network.setInput(data.getFeatures());
    network.setLabels(data.getLabels());
    network.setLayerMaskArrays(data.getFeaturesMaskArray(), data.getLabelsMaskArray());
    network.computeGradientAndScore();
    // Deeplearning4j divides by the rows in its updater: its gradients are sums.
    INDArray gradient = network.getFlattenedGradients().div(data.numExamples());
    Slopes.assertGradient(network.params(), gradient, () -> network.score(data, false), TOLERANCE);
  }
}
