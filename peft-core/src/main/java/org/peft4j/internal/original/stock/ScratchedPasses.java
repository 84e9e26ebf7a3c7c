package org.peft4j.internal.original.stock;

import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.peft4j.internal.original.PassHooks;

/** Around a stock layer over the base model's arrays, whose own gradients nobody wants. */
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
