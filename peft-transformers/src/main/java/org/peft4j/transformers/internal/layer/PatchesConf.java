package org.peft4j.transformers.internal.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.internal.model.FrozenModel;

/** Configuration of the input of pictures. */
public final class PatchesConf extends TransformerLayerConf {
  private static final long serialVersionUID = 1L;

  private Side side = Side.BODY;

  /** For deserialisation. */
  public PatchesConf() {}

  public PatchesConf(FrozenModel model, Side side) {
    super(model);
    this.side = side;
  }

  public Side getSide() {
    return side;
  }

  public void setSide(Side side) {
    this.side = side;
  }

  @Override
  protected List<Site> sites(FrozenModel frozen) {
    return frozen.architecture().stack(side).input().sites();
  }

  @Override
  protected FrozenLayer layer(
      NeuralNetConfiguration configuration, FrozenModel frozen, LayerGrafts grafts) {
    return new PatchesLayer(configuration, frozen, side, grafts);
  }
}
