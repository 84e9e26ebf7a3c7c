package org.peft4j.transformers.internal.vector;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.internal.layer.FrozenLayer;
import org.peft4j.transformers.internal.layer.TransformerLayerConf;
import org.peft4j.transformers.internal.model.FrozenModel;

/** Configuration of what makes a vector of each input of a stack. */
public final class VectorConf extends TransformerLayerConf {
  private static final long serialVersionUID = 1L;

  private Side side = Side.BODY;

  /** For deserialisation. */
  public VectorConf() {}

  public VectorConf(FrozenModel model, Side side) {
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
    return frozen.architecture().vector(side).orElseThrow().sites();
  }

  @Override
  protected FrozenLayer layer(
      NeuralNetConfiguration configuration, FrozenModel frozen, LayerGrafts grafts) {
    return new VectorLayer(configuration, frozen, side, grafts);
  }
}
