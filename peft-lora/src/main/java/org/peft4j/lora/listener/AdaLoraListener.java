package org.peft4j.lora.listener;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.lora.internal.adalora.RankAllocator;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.method.AdapterView;

/**
 * Runs a {@link RankAllocator} in a network's own {@code fit}:
 *
 * <pre>{@code
 * model.network().addListeners(new AdaLoraListener(model.adapter("default")));
 * model.network().fit(iterator, epochs);
 * }</pre>
 *
 * <p>Deeplearning4j's iterations are the schedule's steps. The listener copies gradients as soon as
 * they are computed, because Deeplearning4j turns them into updates in place.
 */
public final class AdaLoraListener extends BaseTrainingListener {
  private final AdapterView adapter;
  private final RankAllocator allocator;
  private final Map<String, INDArray> gradients = new LinkedHashMap<>();

  /**
   * @param adapter an active AdaLoRA adapter of the model whose network gets this listener
   * @throws org.peft4j.error.PeftException if its method is another, or its ranks are already
   *     settled
   */
  public AdaLoraListener(AdapterView adapter) {
    this.adapter = adapter;
    this.allocator = new RankAllocator(adapter);
  }

  @Override
  public void onGradientCalculation(Model network) {
    double share = network.conf().isMiniBatch() ? 1.0 / network.batchSize() : 1;
    adapter
        .gradients()
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

  /**
   * The arrays, by name, that a training which goes on later needs beside the updater's state and
   * the number of iterations: the importances, the ranks that are kept, and the adapter's values
   * with those of ranks that may still come back. To go on, assign copies of them to the arrays of
   * a new listener, call its {@link #restored}, and set the iteration.
   */
  public Map<String, INDArray> state() {
    return AllocatorState.of(allocator, adapter);
  }

  /** Called after {@link #state} has got the values of an earlier training. */
  public void restored() {
    allocator.restored();
  }
}
