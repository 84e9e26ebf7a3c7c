package org.peft4j.lora.internal.deltalora;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.internal.DefaultTargets;
import org.peft4j.lora.internal.lowrank.LoraShape;
import org.peft4j.lora.internal.lowrank.PlainLora;
import org.peft4j.lora.plus.LoraPlus;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.method.TrainingOption;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** Delta-LoRA's injector, for linear maps, embeddings and convolutions. */
public final class DeltaLoraMethod implements PeftMethod<DeltaLoraConfig> {
  @Override
  public String peftType() {
    return DeltaLoraConfig.PEFT_TYPE;
  }

  @Override
  public Class<DeltaLoraConfig> configType() {
    return DeltaLoraConfig.class;
  }

  @Override
  public ConfigFields<DeltaLoraConfig, ?> fields() {
    return DeltaLoraConfig.jsonFields();
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
  public Optional<Adapter> inject(Site site, DeltaLoraConfig config, Injection injection) {
    double scale = config.ranks().scaleAt(site);
    LoraShape shape =
        new LoraShape(config.ranks().rankAt(site), scale, 0, false, LoraInit.STANDARD);
    Adapter trains = PlainLora.at(site, shape);
    Adapter acts = PlainLora.at(site, shape.withScale(scale * (1 + config.ratio())));
    return Optional.of(
        switch (site.kind()) {
          case EMBEDDING ->
              new DeltaLoraEmbedding(
                  (EmbeddingAdapter) trains, (EmbeddingAdapter) acts, whole(trains, acts));
          case CONVOLUTION -> whole(trains, acts);
          default ->
              new DeltaLoraLinear(
                  (LinearAdapter) trains,
                  (LinearAdapter) acts,
                  scale * (1 + config.ratio()),
                  whole(trains, acts));
        });
  }

  private static DeltaLoraWeight whole(Adapter trains, Adapter acts) {
    return new DeltaLoraWeight((WeightAdapter) trains, (WeightAdapter) acts);
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
  public List<String> patterns(DeltaLoraConfig config) {
    return config.ranks().patterns();
  }
}
