package org.peft4j.transformers.plan;

import java.util.Optional;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.config.Precision;

/**
 * What a config would train in a transformer, and the memory that training would take.
 *
 * @param modelType its {@code model_type}
 * @param adapter what would train; its memory is for FP32 without gradient checkpointing
 * @param batch the batch of the activation estimate
 * @param weights sizes of the frozen weights
 * @param activations bytes of activations
 */
public record TransformerPlan(
    String modelType,
    AdapterPlan adapter,
    TrainingBatch batch,
    WeightSizes weights,
    ActivationMemory activations) {
  /** An estimate of the memory that training takes. */
  public TrainingMemory memory(Precision precision, boolean checkpointing) {
    return memory(precision, Optional.empty(), checkpointing);
  }

  /** The same with the linear weights of blocks in fewer bits, where there is a quantisation. */
  public TrainingMemory memory(
      Precision precision, Optional<Quantization> quantization, boolean checkpointing) {
    return adapter
        .memory()
        .withWeights(weights.bytes(precision, quantization))
        .withActivations(activations.of(precision, checkpointing));
  }
}
