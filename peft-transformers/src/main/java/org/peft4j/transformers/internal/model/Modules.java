package org.peft4j.transformers.internal.model;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.AttentionGrafts;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.PromptGrafts;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.module.NormModule;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.ConvolutionPart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.internal.weights.WeightStore;
import org.peft4j.weight.FrozenWeight;

/** Makes a layer's modules over the frozen weights, each with its site's adapters. */
public record Modules(FrozenModel model, LayerGrafts grafts) {
  public LinearModule linear(LinearPart part) {
    WeightStore weights = model.weights();
    String name = part.site().name();
    return new LinearModule(
        grafts.at(name), weights.get(name + ".weight"), weights.find(name + ".bias"));
  }

  /** A convolution as a linear map of patches. */
  public LinearModule convolution(ConvolutionPart part) {
    WeightStore weights = model.weights();
    String name = part.site().name();
    return new LinearModule(
        grafts.at(name), weights.get(name + ".weight"), weights.find(name + ".bias"));
  }

  public PromptGrafts prompts(Site site) {
    return new PromptGrafts(grafts.at(site.name()));
  }

  public AttentionGrafts prefix(Site site) {
    return new AttentionGrafts(grafts.at(site.name()));
  }

  public SublayerGrafts sublayer(Site site) {
    return new SublayerGrafts(grafts.at(site.name()));
  }

  public NormModule norm(NormPart part) {
    WeightStore weights = model.weights();
    String name = part.site().name();
    return new NormModule(
        grafts.at(name),
        weights.get(name + ".weight"),
        weights.find(name + ".bias"),
        switch (part.kind()) {
          case LAYER -> NormModule.Formula.LAYER;
          case RMS -> NormModule.Formula.RMS;
          case RMS_ONE_PLUS -> NormModule.Formula.RMS_ONE_PLUS;
        },
        part.epsilon());
  }

  public EmbeddingModule embedding(EmbeddingPart part) {
    return new EmbeddingModule(grafts.at(part.site().name()), model.weights().get(part.key()));
  }

  /** Constants of that key, as a row; null where the checkpoint has none. */
  public @Nullable INDArray constants(String key) {
    FrozenWeight weight = model.weights().find(key);
    return weight == null ? null : weight.array().orElseThrow();
  }

  /** Whether the layer has that site: a table that several layers read belongs to one of them. */
  public boolean has(Site site) {
    return grafts.has(site.name());
  }

  /** Whether adapters act on a site of the layer now. */
  public boolean acts(Site site) {
    return grafts.at(site.name()).acts();
  }
}
