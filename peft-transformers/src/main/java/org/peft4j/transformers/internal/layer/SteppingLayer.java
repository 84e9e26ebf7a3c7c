package org.peft4j.transformers.internal.layer;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * A frozen layer with a state between calls of {@code rnnTimeStep}. Refuses truncated
 * back-propagation through time, which has no meaning for attention.
 */
abstract class SteppingLayer extends FrozenLayer implements RecurrentLayer {
  private static final long serialVersionUID = 1L;

  SteppingLayer(
      NeuralNetConfiguration configuration,
      FrozenModel model,
      List<Site> sites,
      LayerGrafts grafts) {
    super(configuration, model, sites, grafts);
  }

  @Override
  public final INDArray rnnActivateUsingStoredState(
      INDArray input, boolean training, boolean storeLast, LayerWorkspaceMgr workspaces) {
    throw truncated();
  }

  @Override
  public final Map<String, INDArray> rnnGetTBPTTState() {
    throw truncated();
  }

  @Override
  public final void rnnSetTBPTTState(Map<String, INDArray> state) {
    throw truncated();
  }

  @Override
  public final Pair<Gradient, INDArray> tbpttBackpropGradient(
      INDArray epsilon, int backLength, LayerWorkspaceMgr workspaces) {
    throw truncated();
  }

  private static UnsupportedOperationException truncated() {
    return new UnsupportedOperationException(
        "Transformers cannot be trained with BackpropType.TruncatedBPTT; use"
            + " BackpropType.Standard.");
  }
}
