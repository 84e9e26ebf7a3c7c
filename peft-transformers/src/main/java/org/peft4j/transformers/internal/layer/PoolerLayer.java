package org.peft4j.transformers.internal.layer;

import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.head.Pooler;
import org.peft4j.transformers.internal.head.Reading;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** The pooler of a model without logits: [batch, time, width] to [batch, width]. */
final class PoolerLayer extends FrozenLayer {
  private static final long serialVersionUID = 1L;

  /** The forward pass' results that the backward pass needs. */
  private record Kept(Pass pass, Pooler.Kept values, KeptArrays arrays) {}

  private final transient Pooler pooler;
  private transient @Nullable Kept kept;
  private transient @Nullable INDArray shown;

  PoolerLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, model.architecture().head().sites(), grafts);
    HeadPart.Features features = (HeadPart.Features) model.architecture().head();
    DensePart part = features.pooler().orElseThrow();
    pooler = Pooler.of(part, new Modules(model, grafts));
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new PoolerLayer(configuration, model(), grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    forget();
    boolean keep = willGoBack(training);
    KeptArrays arrays = model().kept().arrays();
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      Pass pass = grafts().nextPass(training);
      Pass recorded = keep ? pass.on(memory.tape()) : pass;
      INDArray y = memory.output(input.size(0), pooler.width());
      int virtualTokens = pass.state().virtualTokens();
      Reading reading = Reading.of(recorded, input, shown, virtualTokens, memory);
      Pooler.Kept values = pooler.forward(reading, y);
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
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      boolean needed = grafts().inputGradientNeeded();
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      pooler.backward(forward.pass(), forward.values(), epsilon, needed ? dx : null, memory);
      return back(dx);
    } finally {
      forget();
    }
  }

  /** A pooled vector has no padding; the mask shows where sequences begin. */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
    shown = mask;
    return new Pair<>(null, state);
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
