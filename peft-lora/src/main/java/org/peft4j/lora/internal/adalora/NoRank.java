package org.peft4j.lora.internal.adalora;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.site.Site;

/**
 * A target without any remaining rank: it changes nothing and has no parameters. Its file has three
 * tensors without elements.
 */
record NoRank(Site site) implements WeightAdapter {
  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  public Map<String, Supplier<INDArray>> constants() {
    Map<String, Supplier<INDArray>> empty = new LinkedHashMap<>();
    String prefix = "base_model.model." + site.name() + ".";
    long columns = AdaLoraWeight.columns(site);
    empty.put(prefix + AdaLoraWeight.A, () -> KeptRanks.empty(0, columns));
    empty.put(prefix + AdaLoraWeight.B, () -> KeptRanks.empty(site.outputs(), 0));
    empty.put(prefix + AdaLoraWeight.E, () -> KeptRanks.empty(0, 1));
    return empty;
  }

  /** As where ranks are left. */
  @Override
  public long frozenCount() {
    return 1;
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {}

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {}
}
