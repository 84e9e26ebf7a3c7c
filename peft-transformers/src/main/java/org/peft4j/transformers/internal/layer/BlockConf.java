package org.peft4j.transformers.internal.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.internal.model.FrozenModel;

/** Configuration of one transformer block. */
public final class BlockConf extends TransformerLayerConf {
  private static final long serialVersionUID = 1L;

  private Side side = Side.BODY;
  private int blockIndex;

  /** For deserialisation. */
  public BlockConf() {}

  public BlockConf(FrozenModel model, Side side, int blockIndex) {
    super(model);
    this.side = side;
    this.blockIndex = blockIndex;
  }

  public Side getSide() {
    return side;
  }

  public void setSide(Side side) {
    this.side = side;
  }

  public int getBlockIndex() {
    return blockIndex;
  }

  public void setBlockIndex(int blockIndex) {
    this.blockIndex = blockIndex;
  }

  @Override
  protected List<Site> sites(FrozenModel frozen) {
    return frozen.architecture().stack(side).blockSites(blockIndex);
  }

  @Override
  protected FrozenLayer layer(
      NeuralNetConfiguration configuration, FrozenModel frozen, LayerGrafts grafts) {
    return new BlockLayer(configuration, frozen, side, blockIndex, grafts);
  }
}
