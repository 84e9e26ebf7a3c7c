package org.peft4j.internal.files;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.site.Site;

/** The plainest encoder: an adapter file holds twice its values. */
record EncodedTestAdapter(Site site) implements EncodedAdapter {
  static final String ENCODER = "encoder.weight";
  static final String PROMPT = "prompt_embeddings";

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(ParameterSpec.of(ENCODER, Initializer.zeros(), site.outputs()));
  }

  @Override
  public Map<String, List<Long>> encodedShapes() {
    return Map.of(PROMPT, List.of(site.outputs()));
  }

  @Override
  public Map<String, INDArray> encoded(Tensors parameters) {
    return Map.of(PROMPT, parameters.get(ENCODER).mul(2));
  }
}
