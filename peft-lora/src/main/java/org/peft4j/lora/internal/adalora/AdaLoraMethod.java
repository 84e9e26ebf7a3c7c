package org.peft4j.lora.internal.adalora;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.plus.LoraPlus;
import org.peft4j.method.AdapterView;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.method.TrainingHook;
import org.peft4j.method.TrainingOption;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** AdaLoRA's injector, for linear maps and convolutions. */
public final class AdaLoraMethod implements PeftMethod<AdaLoraConfig> {
  /** Hugging Face PEFT adds this to the rank before dividing by it. */
  private static final double RANK_EPSILON = 1e-5;

  @Override
  public String peftType() {
    return AdaLoraConfig.PEFT_TYPE;
  }

  @Override
  public Class<AdaLoraConfig> configType() {
    return AdaLoraConfig.class;
  }

  @Override
  public ConfigFields<AdaLoraConfig, ?> fields() {
    return AdaLoraConfig.jsonFields();
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("lora_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, AdaLoraConfig config, Injection injection) {
    requireTargets(config, injection);
    int rank = KeptRanks.at(config, site.name());
    if (rank == 0) {
      return Optional.of(new NoRank(site));
    }
    double scale = withAlpha(config).alpha() / (config.initR() + RANK_EPSILON);
    LoraShape shape = new LoraShape(rank, scale, config.dropout(), false, LoraInit.STANDARD);
    double penalty = config.orthRegWeight() / (2 * injection.targets().size());
    return Optional.of(
        site.kind() == SiteKind.LINEAR
            ? new AdaLoraLinear(site, shape, !config.initLoraWeights(), penalty)
            : new AdaLoraWeight(site, shape, !config.initLoraWeights(), penalty));
  }

  /** The same with an α above 0: {@code init_r} where the config leaves it to that. */
  private static AdaLoraConfig withAlpha(AdaLoraConfig config) {
    return config.alpha() > 0 ? config : config.toBuilder().alpha(config.initR()).build();
  }

  private static void requireTargets(AdaLoraConfig config, Injection injection) {
    for (String key : config.rankPattern().keySet()) {
      if (injection.targets().stream().noneMatch(s -> KeptRanks.patternKey(s.name()).equals(key))) {
        throw new PeftException(
            "rank_pattern has \"" + key + "\", which is not a target in this model.");
      }
    }
  }

  @Override
  public Saved<AdaLoraConfig> saved(AdaLoraConfig config, Map<String, INDArray> tensors) {
    // If a file leaves α to the rank, Hugging Face PEFT uses the ranks that remain.
    return new Saved<>(withAlpha(config), KeptRanks.of(config.rankPattern(), tensors));
  }

  @Override
  public Optional<TrainingHook> trainingHook(AdaLoraConfig config, AdapterView adapter) {
    return RankAllocator.allocatable(config, adapter.tensors())
        ? Optional.of(new RankAllocator(adapter))
        : Optional.empty();
  }

  @Override
  public List<TrainingOption> trainingOptions() {
    return List.of(LoraPlus.OPTION);
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return AdaLoraTargets.of(model);
  }

  @Override
  public boolean tiesWeights(AdaLoraConfig config) {
    return config.ensureWeightTying();
  }

  @Override
  public List<String> patterns(AdaLoraConfig config) {
    return List.of();
  }
}
