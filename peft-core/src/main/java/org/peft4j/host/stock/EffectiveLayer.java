package org.peft4j.host.stock;

import java.util.Map;
import java.util.function.Function;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.host.HostedLayer;

/**
 * A stock layer over effective weights.
 *
 * @param cut cuts a vector of gradients into the layer's parameters
 */
record EffectiveLayer(
    Layer layer,
    GradientScratch scratch,
    EffectiveWeights weights,
    Function<INDArray, Map<String, INDArray>> cut)
    implements HostedLayer {
  @Override
  public void newInput() {
    weights.newInput();
  }

  @Override
  public void beforeForward(boolean training) {
    weights.prepare(training);
  }

  @Override
  public void beforeBackward(LayerWorkspaceMgr workspaces) {
    weights.prepare(true);
    scratch.open(workspaces);
  }

  @Override
  public void afterBackward() {
    weights.backward(cut.apply(scratch.vector()));
    scratch.close();
  }

  @Override
  public void close() {
    weights.close();
  }
}
