package org.peft4j.lora.loftq;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.start.LowRankRest;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.quantization.Quantization;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.start.BeforeQuantization;
import org.peft4j.start.QuantizedWeights;

/**
 * LoftQ's alternation (Li et al., 2023) while a model is quantised, so that its codes belong to the
 * adapter that {@link LoftqInitialiser} starts beside them. With R₁ = W, for t = 1 … T−1:
 *
 * <pre>
 * Q = quantised(Rₜ)
 * L·R = the closest of rank r to W − Q
 * Rₜ₊₁ = W − L·R
 * </pre>
 *
 * and R_T is what the model holds quantised. Where no adapter is planned, that is W.
 */
public final class LoftqAlternation implements BeforeQuantization {
  private final LoraConfig config;
  private final Quantization quantization;
  private final Set<String> adapted = new HashSet<>();

  /**
   * @param config T is its {@code loftq_iter}, r its rank at each site
   * @param plan that of the config on the model
   * @param quantization how the model's weights will be held
   */
  public LoftqAlternation(LoraConfig config, AdapterPlan plan, Quantization quantization) {
    this.config = config;
    this.quantization = quantization;
    plan.sites().stream()
        .filter(site -> site.kind() == SiteKind.LINEAR)
        .forEach(site -> adapted.add(site.name()));
  }

  @Override
  public Optional<INDArray> instead(Site site, INDArray matrix) {
    if (!adapted.contains(site.name())) {
      return Optional.empty();
    }
    return LowRankRest.last(
        matrix,
        config.loftq().iterations(),
        LoftqInitialiser.rank(site, LoraShape.at(site, config)),
        rest -> QuantizedWeights.nearest(quantization, site.name(), rest, DataType.FLOAT));
  }
}
