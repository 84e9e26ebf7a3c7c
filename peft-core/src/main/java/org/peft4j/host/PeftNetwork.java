package org.peft4j.host;

import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A network of host layers, whose parameter vector can be laid out anew when adapters change. */
public final class PeftNetwork extends MultiLayerNetwork implements Relayable {
  private static final long serialVersionUID = 1L;

  PeftNetwork(MultiLayerConfiguration configuration) {
    super(configuration);
  }

  @Override
  public void layOut(@Nullable INDArray parameters) {
    INDArray oldGradients = flattenedGradients;
    Relayable.close(layers);
    initCalled = false;
    solver = null;
    gradient = null;
    flattenedGradients = null;
    layers = null;
    init(parameters, false);
    Relayable.close(oldGradients);
  }

  /**
   * A loss that is not finite stops the step: gradients may be finite nevertheless, for some of
   * Deeplearning4j's operations pass over NaN. A step that fails leaves no masks to the next input.
   */
  @Override
  public void computeGradientAndScore() {
    try {
      super.computeGradientAndScore();
      AdapterGradients.requireFiniteLoss(score(), getIterationCount());
    } catch (RuntimeException e) {
      clearLayerMaskArrays();
      throw e;
    }
  }

  /** Public in a public class: an in-memory model saver calls it by reflection. */
  @Override
  public MultiLayerNetwork clone() {
    return super.clone();
  }
}
