package org.peft4j.transformers.internal.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.transformers.internal.model.FrozenModel;

/** Configuration of the pooler of a model without logits. */
public final class PoolerConf extends TransformerLayerConf {
  private static final long serialVersionUID = 1L;

  /** For deserialisation. */
  public PoolerConf() {}

  public PoolerConf(FrozenModel model) {
    super(model);
  }

  @Override
  protected List<Site> sites(FrozenModel frozen) {
    return frozen.architecture().head().sites();
  }

  @Override
  protected FrozenLayer layer(
      NeuralNetConfiguration configuration, FrozenModel frozen, LayerGrafts grafts) {
    return new PoolerLayer(configuration, frozen, grafts);
  }
}
