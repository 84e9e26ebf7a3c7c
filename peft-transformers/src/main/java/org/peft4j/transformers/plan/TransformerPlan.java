package org.peft4j.transformers.plan;

import java.util.Map;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.transformers.config.Precision;

/**
 * What a config would train in a transformer, and the memory that training would take.
 *
 * @param modelType its {@code model_type}
 * @param adapter what would train; its memory is for FP32 without gradient checkpointing
 * @param batch the batch of the activation estimate
 * @param weights bytes of the frozen weights in each precision
 * @param activations bytes of activations, always in single precision
 */
public record TransformerPlan(
    String modelType,
    AdapterPlan adapter,
    TrainingBatch batch,
    Map<Precision, Long> weights,
    ActivationMemory activations) {
  public TransformerPlan {
    weights = Map.copyOf(weights);
  }

  /** An estimate of the memory that training takes. */
  public TrainingMemory memory(Precision precision, boolean checkpointing) {
    return adapter
        .memory()
        .withWeights(weights.getOrDefault(precision, 0L))
        .withActivations(checkpointing ? activations.checkpointed() : activations.plain());
  }
}
