package org.peft4j.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;

/** Lays the active adapters of a {@link FrozenHost} out in its slice of the parameter vector. */
final class HostParameters implements ParamInitializer {
  static final HostParameters INSTANCE = new HostParameters();

  private HostParameters() {}

  /** Writes the slots' current values to a layer's slice of a parameter vector. */
  static void assignValues(FrozenHost host, @Nullable INDArray parameters) {
    List<Slot> slots = slots(host);
    List<Tensors> tensors = host.context().cut(slots, parameters);
    for (int i = 0; i < slots.size(); i++) {
      tensors.get(i).assign(slots.get(i).values());
    }
  }

  private static List<Slot> slots(Layer layer) {
    return ((FrozenHost) layer).context().slots(layer.getLayerName());
  }

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return ((FrozenHost) layer).context().count(layer.getLayerName());
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    List<String> keys = new ArrayList<>();
    for (Slot slot : slots(layer)) {
      slot.adapter().parameters().forEach(spec -> keys.add(slot.key(spec)));
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
      assignValues((FrozenHost) conf.getLayer(), parameters);
    }
    conf.clearVariables();
    paramKeys(conf.getLayer()).forEach(conf::addVariable);
    return getGradientsFromFlattened(conf, parameters);
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray vector) {
    FrozenHost host = (FrozenHost) conf.getLayer();
    List<Slot> slots = slots(host);
    List<Tensors> tensors = host.context().cut(slots, vector);
    Map<String, INDArray> views = new LinkedHashMap<>();
    for (int i = 0; i < slots.size(); i++) {
      for (ParameterSpec spec : slots.get(i).adapter().parameters()) {
        views.put(slots.get(i).key(spec), tensors.get(i).get(spec.name()));
      }
    }
    return views;
  }
}
