package org.peft4j.internal.model;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.SlotTensors;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.method.AdapterView;

/** An adapter by name. Every call looks it up, because it may have been replaced. */
public record NamedAdapter(
    String name, AdapterSet adapters, AdapterMaker maker, WrappedModel<?> model)
    implements AdapterView {
  @Override
  public PeftConfig config() {
    return adapters.get(name).config();
  }

  @Override
  public List<String> warnings() {
    return adapters.get(name).warnings();
  }

  @Override
  public List<Adapter> parts() {
    return adapters.get(name).parts();
  }

  @Override
  public Map<String, INDArray> tensors() {
    return SlotTensors.of(slots());
  }

  @Override
  public Map<String, INDArray> gradients() {
    List<Slot> slots = slots();
    if (!adapters.active().contains(name)) {
      throw new PeftException(
          "Adapter \"" + name + "\" is not active, so it has no gradients. Activate it first.");
    }
    return SlotTensors.gradients(slots, model::gradients);
  }

  private List<Slot> slots() {
    return adapters.get(name).slots();
  }

  @Override
  public void amendConfig(PeftConfig config) {
    adapters.amend(name, config);
  }

  @Override
  public void redefine(PeftConfig config, Map<String, INDArray> values) {
    adapters.get(name);
    adapters.requireUnmerged("redefining one");
    LoadedAdapter made = maker.valued(name, config, values);
    model.traffic().change("redefining an adapter", () -> adapters.replace(made));
  }
}
