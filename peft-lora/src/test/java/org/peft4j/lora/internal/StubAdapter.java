package org.peft4j.lora.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.AdapterView;
import org.peft4j.testing.Values;

/** An adapter without a model: its tensors and gradients can be set as a test needs them. */
public final class StubAdapter implements AdapterView {
  private final List<Adapter> parts;
  private final Map<String, INDArray> tensors = new LinkedHashMap<>();
  private final Map<String, INDArray> gradients = new LinkedHashMap<>();
  private PeftConfig config;

  /** With random tensors and gradients of zero. */
  public StubAdapter(PeftConfig config, List<Adapter> parts) {
    this.config = config;
    this.parts = parts;
    for (Adapter part : parts) {
      part.parameters()
          .forEach(
              spec -> {
                String key = part.key(spec);
                tensors.put(key, Values.random(key.hashCode(), spec.shapeArray()));
                gradients.put(key, Values.zeros(spec.shapeArray()));
              });
    }
  }

  @Override
  public String name() {
    return "stub";
  }

  @Override
  public PeftConfig config() {
    return config;
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }

  @Override
  public List<Adapter> parts() {
    return parts;
  }

  @Override
  public Map<String, INDArray> tensors() {
    return tensors;
  }

  @Override
  public Map<String, INDArray> gradients() {
    return gradients;
  }

  @Override
  public void amendConfig(PeftConfig amended) {
    config = amended;
  }

  @Override
  public void redefine(PeftConfig redefined, Map<String, INDArray> values) {
    throw new UnsupportedOperationException("A stub keeps its tensors.");
  }
}
