package org.peft4j.internal.module;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * A layer implementation with its own sites: it can be rebuilt over the same frozen weights with
 * adapters. Transformer blocks are such layers.
 */
public interface SiteLayer extends Layer {
  /** Its sites, in the order of the forward pass. */
  List<Site> sites();

  /** The frozen value of a site's parameter. */
  FrozenWeight frozen(Site site, String parameter);

  /** The factor of rows that the embedding of this site looks up. */
  default double lookUpFactor(Site site) {
    return 1;
  }

  /**
   * The Hugging Face model type, such as {@code llama}, which determines default target modules.
   */
  Optional<String> modelType();

  /** The same layer over the same frozen weights, with {@code grafts}. */
  SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts);
}
