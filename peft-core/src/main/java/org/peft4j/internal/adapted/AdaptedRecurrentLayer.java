package org.peft4j.internal.adapted;

import java.util.Map;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.TwinLayer;

/** A host for layers with a state between calls: recurrent ones, and attention with its cache. */
final class AdaptedRecurrentLayer extends AdaptedLayer implements RecurrentLayer {
  private final transient RecurrentLayer recurrent;

  AdaptedRecurrentLayer(TwinLayer inner, NeuralNetConfiguration conf, LayerGrafts grafts) {
    super(inner, conf, grafts);
    this.recurrent = (RecurrentLayer) inner.layer();
  }

  @Override
  public INDArray rnnTimeStep(INDArray input, LayerWorkspaceMgr mgr) {
    requireAllRows("A step of rnnTimeStep");
    setInput(input, mgr);
    hooks().beforeForward(false);
    return adapted(recurrent.rnnTimeStep(input, mgr), false, mgr);
  }

  @Override
  public Map<String, INDArray> rnnGetPreviousState() {
    return recurrent.rnnGetPreviousState();
  }

  @Override
  public void rnnSetPreviousState(Map<String, INDArray> state) {
    recurrent.rnnSetPreviousState(state);
  }

  @Override
  public void rnnClearPreviousState() {
    recurrent.rnnClearPreviousState();
  }

  @Override
  public INDArray rnnActivateUsingStoredState(
      INDArray input, boolean training, boolean storeLast, LayerWorkspaceMgr mgr) {
    requireAllRows("A stored state");
    setInput(input, mgr);
    hooks().beforeForward(training);
    return adapted(
        recurrent.rnnActivateUsingStoredState(input, training, storeLast, mgr), training, mgr);
  }

  @Override
  public Map<String, INDArray> rnnGetTBPTTState() {
    return recurrent.rnnGetTBPTTState();
  }

  @Override
  public void rnnSetTBPTTState(Map<String, INDArray> state) {
    recurrent.rnnSetTBPTTState(state);
  }

  @Override
  public Pair<Gradient, INDArray> tbpttBackpropGradient(
      INDArray epsilon, int backLength, LayerWorkspaceMgr mgr) {
    return backpropagate(
        epsilon, upper -> recurrent.tbpttBackpropGradient(upper, backLength, mgr), mgr);
  }
}
