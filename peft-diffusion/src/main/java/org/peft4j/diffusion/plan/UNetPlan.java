package org.peft4j.diffusion.plan;

import java.util.List;
import java.util.Optional;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.TrainingMemory;
import org.peft4j.quantization.Quantization;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.internal.weights.OffloadedSizes;

/**
 * What a config would train in a UNet, and the memory that training would take.
 *
 * @param className of diffusers
 * @param adapter what would train; its memory is for FP32 without gradient checkpointing
 * @param batch the batch of the activation estimate
 * @param stages the sites of each layer of the model
 * @param activations bytes in {@link Precision#FP32}
 * @param rounded the same in {@link Precision#BF16}, where layers keep most results in BFLOAT16
 * @param checkpointed with gradient checkpointing, in either
 */
public record UNetPlan(
    String className,
    AdapterPlan adapter,
    PictureBatch batch,
    List<List<Site>> stages,
    long activations,
    long rounded,
    long checkpointed) {
  private static final int SINGLE = 4;
  private static final int HALF = 2;

  public UNetPlan {
    stages = stages.stream().map(List::copyOf).toList();
  }

  /**
   * An estimate of the memory that training takes.
   *
   * @param quantization of linear weights; convolutions and vectors have the precision
   */
  public TrainingMemory memory(
      Precision precision, Optional<Quantization> quantization, boolean checkpointing) {
    long weights =
        stages.stream().mapToLong(sites -> weights(sites, precision, quantization)).sum();
    long plain = precision == Precision.BF16 ? rounded : activations;
    return adapter
        .memory()
        .withWeights(weights)
        .withActivations(checkpointing ? checkpointed : plain);
  }

  /**
   * Bytes of weights in memory while those of all layers but the largest stay in their file.
   *
   * @param kept bytes of the first layers that remain in memory
   */
  public long offloaded(Precision precision, long kept) {
    return OffloadedSizes.inMemory(
        stages.stream().mapToLong(sites -> weights(sites, precision, Optional.empty())).toArray(),
        kept);
  }

  private static long weights(
      List<Site> sites, Precision precision, Optional<Quantization> quantization) {
    long bytes = 0;
    for (Site site : sites) {
      for (SiteParameter parameter : site.parameters()) {
        boolean matrix = parameter.shape().size() > 1;
        int width = matrix && precision == Precision.BF16 ? HALF : SINGLE;
        boolean fewer =
            matrix
                && site.kind() == SiteKind.LINEAR
                && quantization.filter(bits -> !bits.skips(site.name())).isPresent();
        bytes +=
            fewer
                ? quantization.orElseThrow().bytes(site.outputs(), site.inputs())
                : parameter.count() * width;
      }
    }
    return bytes;
  }
}
