package org.peft4j.lora.listener;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.peft4j.error.PeftException;
import org.peft4j.lora.internal.adalora.RankAllocator;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.method.AdapterView;

/**
 * Removes AdaLoRA's ranks in a graph's own {@code fit}, as {@link AdaLoraListener} does in a
 * network's:
 *
 * <pre>{@code
 * model.network().setListeners(new AdaLoraSameDiffListener(model.adapter("default")));
 * model.network().fit(iterator, epochs);
 * }</pre>
 *
 * <p>The iterations of the {@code TrainingConfig} are the schedule's steps. SameDiff turns a
 * gradient into an update as soon as it is computed, so the listener copies it right before.
 */
public final class AdaLoraSameDiffListener extends BaseListener {
  private static final String PREFIX = "base_model.model.";

  private final AdapterView adapter;
  private final RankAllocator allocator;
  private final Map<String, INDArray> gradients = new LinkedHashMap<>();
  private final Map<String, String> keys = new HashMap<>();
  private final Set<String> seen = new HashSet<>();
  private @Nullable SameDiff derivatives;

  /**
   * A listener for one graph.
   *
   * @param adapter an active AdaLoRA adapter of the model whose graph gets this listener
   * @throws PeftException if its method is another, or its ranks are already settled
   */
  public AdaLoraSameDiffListener(AdapterView adapter) {
    this.adapter = adapter;
    this.allocator = new RankAllocator(adapter);
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void iterationStart(SameDiff graph, At at, MultiDataSet data, long milliseconds) {
    seen.clear();
  }

  @Override
  public void opExecution(
      SameDiff graph,
      At at,
      MultiDataSet data,
      SameDiffOp op,
      OpContext context,
      INDArray[] outputs) {
    find(graph);
    for (int i = 0; i < outputs.length; i++) {
      String key = keys.get(op.getOutputsOfOp().get(i));
      if (key != null) {
        keep(key, outputs[i]);
      }
    }
  }

  /** Finds the names of the gradients; after a switch of adapters they are in another graph. */
  @SuppressWarnings("ReferenceEquality") // Graphs are equal by their values.
  private void find(SameDiff graph) {
    if (graph == derivatives) {
      return;
    }
    derivatives = graph;
    keys.clear();
    for (String key : adapter.tensors().keySet()) {
      String variable = adapter.name() + "/" + key.substring(PREFIX.length());
      SDVariable gradient =
          graph.hasVariable(variable) ? graph.getVariable(variable).getGradient() : null;
      if (gradient != null) {
        keys.put(gradient.name(), key);
      }
    }
  }

  private void keep(String key, INDArray gradient) {
    seen.add(key);
    gradients
        .computeIfAbsent(key, k -> DetachedArrays.zeros(gradient.dataType(), gradient.shape()))
        .assign(gradient);
  }

  @Override
  public void iterationDone(SameDiff graph, At at, MultiDataSet data, Loss loss) {
    if (!seen.containsAll(adapter.tensors().keySet())) {
      throw new PeftException(
          "Adapter \""
              + adapter.name()
              + "\" is not trained in this graph, so its ranks have no gradients. Activate it with"
              + " setActive, or take the listener away.");
    }
    allocator.afterUpdate(at.iteration(), gradients);
  }

  /** See {@link AdaLoraListener#state()}. */
  public Map<String, INDArray> state() {
    return AllocatorState.of(allocator, adapter);
  }

  /** See {@link AdaLoraListener#restored()}. */
  public void restored() {
    allocator.restored();
  }
}
