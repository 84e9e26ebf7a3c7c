package org.peft4j.cli.plan;

import java.util.Optional;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.quantization.Quantization;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.plan.TransformerPlan;

/**
 * A plan, and the choices that its memory depends on.
 *
 * @param quantization of the linear weights of blocks
 * @param offload whether the weights of blocks stay in their file
 */
record PlannedRun(
    TransformerPlan plan,
    Optional<Quantization> quantization,
    StandardOptimizer optimizer,
    boolean offload) {

  TrainingMemory memory(Precision precision, boolean checkpointing) {
    TrainingMemory all = plan.memory(precision, quantization, checkpointing).withOptimizer(state());
    return offload ? all.withWeights(plan.weights().offloaded(precision, quantization)) : all;
  }

  private long state() {
    return plan.adapter().adapters().stream()
        .flatMap(adapter -> adapter.tensors().stream())
        .mapToLong(tensor -> optimizer.stateBytes(tensor.shape()))
        .sum();
  }
}
