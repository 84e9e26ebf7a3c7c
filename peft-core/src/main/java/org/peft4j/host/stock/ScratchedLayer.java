package org.peft4j.host.stock;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.peft4j.host.HostedLayer;

/** A stock layer over the base model's arrays, whose own gradients nobody wants. */
record ScratchedLayer(Layer layer, GradientScratch scratch) implements HostedLayer {
  @Override
  public void beforeBackward(LayerWorkspaceMgr workspaces) {
    scratch.open(workspaces);
  }

  @Override
  public void afterBackward() {
    scratch.close();
  }
}
