package org.peft4j.transformers.internal.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.transformers.internal.model.FrozenModel;

/** Configuration of one transformer block. */
public final class BlockConf extends TransformerLayerConf {
  private static final long serialVersionUID = 1L;

  private int blockIndex;

  /** For deserialisation. */
  public BlockConf() {}

  public BlockConf(FrozenModel model, int blockIndex) {
    super(model);
    this.blockIndex = blockIndex;
  }

  public int getBlockIndex() {
    return blockIndex;
  }

  public void setBlockIndex(int blockIndex) {
    this.blockIndex = blockIndex;
  }

  @Override
  List<Site> sites(FrozenModel frozen) {
    return frozen.architecture().body().blockSites(blockIndex);
  }

  @Override
  FrozenLayer layer(NeuralNetConfiguration configuration, FrozenModel frozen, LayerGrafts grafts) {
    return new BlockLayer(configuration, frozen, blockIndex, grafts);
  }
}
