package org.peft4j.transformers.internal.vector;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.layer.FrozenLayer;
import org.peft4j.transformers.internal.layer.TransformerLayerConf;
import org.peft4j.transformers.internal.model.FrozenModel;

/** Configuration of the logits of texts and pictures. */
public final class PairsConf extends TransformerLayerConf {
  private static final long serialVersionUID = 1L;

  /** For deserialisation. */
  public PairsConf() {}

  public PairsConf(FrozenModel model) {
    super(model);
  }

  @Override
  protected List<Site> sites(FrozenModel frozen) {
    HeadPart.Pairs head = (HeadPart.Pairs) frozen.architecture().head();
    return List.of(head.scale().site());
  }

  @Override
  protected FrozenLayer layer(
      NeuralNetConfiguration configuration, FrozenModel frozen, LayerGrafts grafts) {
    return new PairsLayer(configuration, frozen, grafts);
  }
}
