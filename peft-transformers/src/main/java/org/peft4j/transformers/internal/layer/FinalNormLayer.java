package org.peft4j.transformers.internal.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.NormModule;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** The normalisation after the last block: [batch, time, width] to the same shape. */
final class FinalNormLayer extends FrozenLayer {
  private static final long serialVersionUID = 1L;

  /** What the backward pass needs of the forward pass. */
  private record Kept(Pass pass, INDArray statistics, KeptArrays arrays) {}

  private final transient NormModule norm;
  private transient @Nullable Kept kept;

  FinalNormLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, List.of(model.sites().finalNorm()), grafts);
    norm = new Modules(model, grafts).norm(sites().get(0));
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new FinalNormLayer(configuration, model(), grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    forget();
    Pass pass = grafts().nextPass(training);
    Extent extent = Extent.of(input);
    boolean keep = willGoBack(training);
    KeptArrays arrays = new KeptArrays(model().pool());
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      INDArray y = memory.output(input.shape());
      INDArray statistics = memory.kept(norm.statistics(), extent.rows());
      norm.forward(pass, extent.matrix(input), extent.matrix(y), statistics);
      kept = keep ? new Kept(pass, statistics, arrays) : null;
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
      norm.backward(
          forward.pass(),
          extent.matrix(input),
          forward.statistics(),
          extent.matrix(epsilon),
          needed ? extent.matrix(dx) : null);
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
