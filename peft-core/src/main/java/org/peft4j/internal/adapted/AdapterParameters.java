package org.peft4j.internal.adapted;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.Slot;

/**
 * Lays the active adapters of a {@link AdaptedLayerConf} out in its slice of the parameter vector.
 */
final class AdapterParameters implements ParamInitializer {
  static final AdapterParameters INSTANCE = new AdapterParameters();

  private AdapterParameters() {}

  /** The active slots of an adapted layer. */
  static List<Slot> slots(Layer layer) {
    return ((AdaptedLayerConf) layer).context().slots(layer.getLayerName());
  }

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return ((AdaptedLayerConf) layer).context().count(layer.getLayerName());
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    List<String> keys = new ArrayList<>();
    for (Slot slot : slots(layer)) {
      slot.adapter().trainable().forEach(spec -> keys.add(slot.key(spec)));
    }
    return keys;
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return paramKeys(layer);
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return List.of();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return true;
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return false;
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray parameters, boolean initialize) {
    if (initialize) {
      AdaptedLayerConf adapted = (AdaptedLayerConf) conf.getLayer();
      VectorSlice.assignValues(slots(adapted), parameters);
    }
    conf.clearVariables();
    paramKeys(conf.getLayer()).forEach(conf::addVariable);
    return getGradientsFromFlattened(conf, parameters);
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray vector) {
    return VectorSlice.table(slots(conf.getLayer()), vector);
  }
}
