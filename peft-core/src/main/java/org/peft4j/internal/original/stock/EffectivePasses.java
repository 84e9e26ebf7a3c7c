package org.peft4j.internal.original.stock;

import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.peft4j.internal.original.PassHooks;

/** The work around the passes of a layer over effective weights. */
record EffectivePasses(GradientScratch scratch, EffectiveWeights weights, double epsilonScale)
    implements PassHooks {
  @Override
  public void newInput() {
    weights.newInput();
  }

  @Override
  public void beforeForward(boolean training) {
    weights.prepare(training);
  }

  @Override
  public void beforeBackward(LayerWorkspaceMgr workspaces) {
    weights.prepare(true);
    scratch.open(workspaces);
  }

  @Override
  public void afterBackward(Gradient gradient) {
    weights.backward(gradient.gradientForVariable());
    scratch.close();
  }

  @Override
  public boolean ownsMemory() {
    return true;
  }

  @Override
  public void close() {
    weights.close();
  }
}
