package org.peft4j.transformers.internal.model;

import org.peft4j.internal.graft.AttentionGrafts;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.PromptGrafts;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.module.NormModule;
import org.peft4j.site.Site;
import org.peft4j.transformers.weights.WeightStore;

/** Makes a layer's modules over the frozen weights, each with what is grafted on its site. */
public record Modules(FrozenModel model, LayerGrafts grafts) {
  public LinearModule linear(Site site) {
    WeightStore weights = model.weights();
    return new LinearModule(
        grafts.at(site.name()),
        weights.get(site.name() + ".weight"),
        weights.find(site.name() + ".bias"));
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

  public NormModule norm(Site site) {
    WeightStore weights = model.weights();
    return new NormModule(
        grafts.at(site.name()),
        weights.get(site.name() + ".weight"),
        weights.find(site.name() + ".bias"),
        model.config().normEpsilon());
  }

  public EmbeddingModule embedding(Site site) {
    return new EmbeddingModule(
        grafts.at(site.name()), model.weights().get(site.name() + ".weight"));
  }
}
