package org.peft4j.cli.plan;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.peft4j.cli.options.PrecisionOption.Offload;
import org.peft4j.diffusion.plan.UNetPlan;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.quantization.Quantization;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.plan.TransformerPlan;

/**
 * A plan, and the choices that its memory depends on.
 *
 * @param modelType the model's type or class
 * @param adapter what would train
 * @param batch the numbers of the batch, by their names
 * @param batchText the batch in words
 * @param estimate of memory with AdamW's state
 * @param quantization of the linear weights of blocks
 * @param offload whether the weights of blocks stay in their file
 */
record PlannedRun(
    String modelType,
    AdapterPlan adapter,
    Map<String, Integer> batch,
    String batchText,
    Estimate estimate,
    Optional<Quantization> quantization,
    StandardOptimizer optimizer,
    boolean offload) {
  /** The memory of a training. */
  interface Estimate {
    TrainingMemory of(Precision precision, boolean checkpointing);
  }

  /** A plan for a transformer of texts, or of pictures. */
  static PlannedRun of(
      TransformerPlan plan,
      boolean pictures,
      Optional<Quantization> quantization,
      StandardOptimizer optimizer,
      Optional<Offload> offload) {
    Map<String, Integer> batch = new LinkedHashMap<>();
    batch.put("batch", plan.batch().sequences());
    batch.put("length", plan.batch().length());
    Estimate estimate =
        (precision, checkpointing) -> {
          TrainingMemory all = plan.memory(precision, quantization, checkpointing);
          return offload
              .map(
                  where ->
                      all.withWeights(
                          plan.weights().offloaded(precision, quantization, where.kept())))
              .orElse(all);
        };
    return new PlannedRun(
        plan.modelType(),
        plan.adapter(),
        batch,
        text(
            pictures ? "%,d pictures of %,d positions" : "%,d × %,d tokens",
            plan.batch().sequences(),
            plan.batch().length()),
        estimate,
        quantization,
        optimizer,
        offload.isPresent());
  }

  /** A plan for a UNet. */
  static PlannedRun of(
      UNetPlan plan,
      Optional<Quantization> quantization,
      StandardOptimizer optimizer,
      Optional<Offload> offload) {
    int side = plan.batch().side();
    Map<String, Integer> batch = new LinkedHashMap<>();
    batch.put("batch", plan.batch().pictures());
    batch.put("height", side);
    batch.put("width", side);
    return new PlannedRun(
        plan.className(),
        plan.adapter(),
        batch,
        text("%,d × %,d × %,d pixels of samples", plan.batch().pictures(), side, side),
        (precision, checkpointing) -> {
          TrainingMemory all = plan.memory(precision, quantization, checkpointing);
          return offload
              .map(where -> all.withWeights(plan.offloaded(precision, where.kept())))
              .orElse(all);
        },
        quantization,
        optimizer,
        offload.isPresent());
  }

  private static String text(String format, Object... numbers) {
    return String.format(Locale.ROOT, format, numbers);
  }

  TrainingMemory memory(Precision precision, boolean checkpointing) {
    return estimate.of(precision, checkpointing).withOptimizer(state());
  }

  private long state() {
    return adapter.adapters().stream()
        .flatMap(each -> each.tensors().stream())
        .mapToLong(tensor -> optimizer.stateBytes(tensor.shape()))
        .sum();
  }
}
