package org.peft4j.transformers.plan;

import java.util.Map;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.transformers.config.Precision;

/**
 * What a config would do to a transformer, and what training would take.
 *
 * @param modelType its {@code model_type}
 * @param runs whether this library can load and train it; what it cannot, it can still plan
 * @param adapter what would train; its memory is that of FP32 without gradient checkpointing
 * @param batch the batch that activations are estimated for
 * @param weights bytes of the frozen weights in each precision
 * @param activations bytes of activations, which are in single precision always
 */
public record TransformerPlan(
    String modelType,
    boolean runs,
    AdapterPlan adapter,
    TrainingBatch batch,
    Map<Precision, Long> weights,
    ActivationMemory activations) {
  public TransformerPlan {
    weights = Map.copyOf(weights);
  }

  /** An estimate of what training takes. */
  public TrainingMemory memory(Precision precision, boolean checkpointing) {
    return adapter
        .memory()
        .withWeights(weights.getOrDefault(precision, 0L))
        .withActivations(checkpointing ? activations.checkpointed() : activations.plain());
  }
}
