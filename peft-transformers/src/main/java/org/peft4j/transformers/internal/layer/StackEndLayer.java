package org.peft4j.transformers.internal.layer;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.block.StackEnd;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** The end of a stack as a layer: [batch, time, width] to [batch, time, outputs]. */
final class StackEndLayer extends FrozenLayer {
  private static final long serialVersionUID = 1L;

  /** The forward pass' results that the backward pass needs. */
  private record Kept(Pass pass, StackEnd.Kept values, KeptArrays arrays) {}

  private final Side side;
  private final transient StackEnd end;
  private transient @Nullable Kept kept;

  StackEndLayer(
      NeuralNetConfiguration configuration, FrozenModel model, Side side, LayerGrafts grafts) {
    super(configuration, model, model.architecture().stack(side).endSites(), grafts);
    this.side = side;
    end = StackEnd.of(model.architecture().stack(side), new Modules(model, grafts));
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new StackEndLayer(configuration, model(), side, grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    forget();
    Pass pass = grafts().nextPass(training);
    Extent extent = Extent.of(input);
    boolean keep = willGoBack(training);
    KeptArrays arrays = model().kept().arrays();
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      INDArray y = memory.output(extent.batch(), extent.time(), end.outputs());
      Pass recorded = keep && end.projects() ? pass.on(memory.tape()) : pass;
      StackEnd.Kept values = end.forward(recorded, extent.matrix(input), extent.matrix(y), memory);
      kept = keep ? new Kept(recorded, values, arrays) : null;
      return y;
    }
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    Kept forward = kept;
    if (forward == null) {
      return back(zeroInputGradient(workspaces));
    }
    Extent extent = Extent.of(input);
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      boolean needed = grafts().inputGradientNeeded();
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      end.backward(
          forward.pass(),
          forward.values(),
          extent.matrix(input),
          extent.matrix(epsilon),
          needed ? extent.matrix(dx) : null,
          memory);
      return back(dx);
    } finally {
      forget();
    }
  }

  private void forget() {
    if (kept != null) {
      kept.arrays().close();
      kept = null;
    }
  }

  @Override
  public void clear() {
    super.clear();
    forget();
  }
}
