package org.peft4j.internal.original.stock;

import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.peft4j.internal.original.PassHooks;

/**
 * The work around the passes of a layer over the base model's arrays: its own gradients are
 * discarded.
 */
record ScratchedPasses(GradientScratch scratch, double epsilonScale) implements PassHooks {
  @Override
  public void beforeBackward(LayerWorkspaceMgr workspaces) {
    scratch.open(workspaces);
  }

  @Override
  public void afterBackward(Gradient gradient) {
    scratch.close();
  }
}
