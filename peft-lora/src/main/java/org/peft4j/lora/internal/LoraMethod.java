package org.peft4j.lora.internal;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.combine.WeightedSum;
import org.peft4j.lora.internal.dora.Dora;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.PlainLora;
import org.peft4j.lora.internal.start.ShiftedDora;
import org.peft4j.lora.internal.start.ShiftedLora;
import org.peft4j.lora.plus.LoraPlus;
import org.peft4j.method.Combination;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.method.TrainingOption;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** The injector of LoRA and DoRA, for linear maps, embeddings and convolutions. */
public final class LoraMethod implements PeftMethod<LoraConfig> {
  @Override
  public String peftType() {
    return LoraConfig.PEFT_TYPE;
  }

  @Override
  public Class<LoraConfig> configType() {
    return LoraConfig.class;
  }

  @Override
  public ConfigFields<LoraConfig, ?> fields() {
    return LoraFields.ALL;
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("lora_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.EMBEDDING, SiteKind.CONVOLUTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, LoraConfig config, Injection injection) {
    LoraShape shape = LoraShape.at(site, config);
    if (site.kind() != SiteKind.LINEAR
        && (shape.init().shifts() || shape.init() == LoraInit.ORTHOGONAL)) {
      throw new PeftException(
          "init_lora_weights "
              + shape.init().json()
              + " is for linear modules; "
              + site.name()
              + " is of the sort "
              + site.kind()
              + ". Exclude it, or take another initialisation.");
    }
    if (shape.init().shifts()) {
      return Optional.of(
          config.dora()
              ? ShiftedDora.of(site, shape, injection.frozen())
              : ShiftedLora.of(site, shape, injection.frozen()));
    }
    return Optional.of(
        config.dora() ? Dora.adapter(site, shape, injection.frozen()) : PlainLora.at(site, shape));
  }

  @Override
  public Saved<LoraConfig> combine(List<Source<LoraConfig>> sources, Combination how) {
    return new WeightedSum(sources, how).saved();
  }

  @Override
  public Map<String, List<Integer>> tokenRows(LoraConfig config) {
    return config.tokenIndices();
  }

  @Override
  public List<TrainingOption> trainingOptions() {
    return List.of(LoraPlus.OPTION);
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(LoraConfig config) {
    return config.ranks().patterns();
  }
}
