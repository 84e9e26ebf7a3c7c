package org.peft4j.lora.adalora;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.kernel.DetachedArrays;

/**
 * Runs a {@link RankAllocator} in a network's own {@code fit}:
 *
 * <pre>{@code
 * model.network().addListeners(new AdaLoraListener(model, Peft.DEFAULT_ADAPTER));
 * model.network().fit(iterator, epochs);
 * }</pre>
 *
 * <p>Deeplearning4j's iterations are the schedule's steps. Gradients are copied when they have been
 * computed, as Deeplearning4j turns them into updates in place.
 */
public final class AdaLoraListener extends BaseTrainingListener {
  private final PeftModel<?> model;
  private final String adapter;
  private final RankAllocator allocator;
  private final Map<String, INDArray> gradients = new LinkedHashMap<>();

  /**
   * @param model the wrapped model, to whose network this is added
   * @param adapter the name of an AdaLoRA adapter that is active
   * @throws org.peft4j.error.PeftException if it is no adapter of AdaLoRA, or one whose ranks stay
   */
  public AdaLoraListener(PeftModel<?> model, String adapter) {
    this.model = model;
    this.adapter = adapter;
    this.allocator = new RankAllocator(model, adapter);
  }

  @Override
  public void onGradientCalculation(Model network) {
    double share = network.conf().isMiniBatch() ? 1.0 / network.batchSize() : 1;
    model
        .gradients(adapter)
        .forEach(
            (key, gradient) ->
                gradients
                    .computeIfAbsent(
                        key, k -> DetachedArrays.zeros(gradient.dataType(), gradient.shape()))
                    .assign(gradient)
                    .muli(share));
  }

  @Override
  public void iterationDone(Model network, int iteration, int epoch) {
    allocator.afterUpdate(iteration, gradients);
  }
}
