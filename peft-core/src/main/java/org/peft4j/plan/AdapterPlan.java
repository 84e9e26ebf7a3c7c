package org.peft4j.plan;

import java.util.List;
import org.peft4j.site.Site;

/**
 * What a config would do to a model.
 *
 * @param adapters what would train, in the order of the forward pass
 * @param parameters how much of the model would train, as {@code PeftModel.trainableParameters()}
 *     reports it
 * @param fileBytes the size of {@code adapter_model.safetensors}
 * @param memory an estimate of training memory
 */
public record AdapterPlan(
    List<PlannedAdapter> adapters,
    TrainableParameters parameters,
    long fileBytes,
    TrainingMemory memory) {
  public AdapterPlan {
    adapters = List.copyOf(adapters);
  }

  /** The sites that would be adapted. */
  public List<Site> sites() {
    return adapters.stream().map(PlannedAdapter::site).distinct().toList();
  }

  /** The same plan with {@code bytes} of activations. */
  public AdapterPlan withActivations(long bytes) {
    return new AdapterPlan(adapters, parameters, fileBytes, memory.withActivations(bytes));
  }
}
