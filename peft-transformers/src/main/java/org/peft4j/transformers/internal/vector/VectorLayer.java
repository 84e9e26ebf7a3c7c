package org.peft4j.transformers.internal.vector;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Objects;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.module.NormModule;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.internal.layer.FrozenLayer;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** {@code projection(norm(h[position]))}: [batch, time, width] to [batch, outputs]. */
final class VectorLayer extends FrozenLayer {
  private static final long serialVersionUID = 1L;

  /** The forward pass' results that the backward pass needs. */
  private record Kept(
      Pass pass,
      int[] positions,
      INDArray picked,
      @Nullable INDArray statistics,
      INDArray normed,
      KeptArrays arrays) {}

  private final Side side;
  private final transient HeadPart.Vector part;
  private final transient @Nullable NormModule norm;
  private final transient @Nullable LinearModule projection;
  private transient @Nullable Kept kept;

  VectorLayer(
      NeuralNetConfiguration configuration, FrozenModel model, Side side, LayerGrafts grafts) {
    super(configuration, model, model.architecture().vector(side).orElseThrow().sites(), grafts);
    this.side = side;
    part = model.architecture().vector(side).orElseThrow();
    Modules modules = new Modules(model, grafts);
    norm = part.norm().map(modules::norm).orElse(null);
    projection = part.projection().map(modules::linear).orElse(null);
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new VectorLayer(configuration, model(), side, grafts);
  }

  private int[] positions() {
    return part.endOfText().isPresent() ? model().texts().ends() : new int[(int) input.size(0)];
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    forget();
    boolean keep = willGoBack(training);
    long batch = input.size(0);
    long width = input.size(2);
    KeptArrays arrays = model().kept().arrays();
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      Pass pass = grafts().nextPass(training);
      Pass recorded = keep ? pass.on(memory.tape()) : pass;
      INDArray y = memory.output(batch, part.projection().map(LinearPart::outputs).orElse(width));
      int[] positions = positions();
      INDArray picked = memory.kept(batch, width);
      for (int row = 0; row < batch; row++) {
        picked.getRow(row).assign(input.get(point(row), point(positions[row]), all()));
      }
      INDArray normed = picked;
      INDArray statistics = null;
      if (norm != null) {
        statistics = memory.keptExactly(norm.statistics(), batch);
        normed = memory.kept(batch, width);
        norm.forward(recorded, picked, normed, statistics);
      }
      if (projection != null) {
        projection.forward(recorded, normed, y);
      } else {
        y.assign(normed);
      }
      kept = keep ? new Kept(recorded, positions, picked, statistics, normed, arrays) : null;
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
      boolean below = grafts().inputGradientNeeded();
      boolean normActs = norm != null && norm.acts();
      INDArray upper = epsilon;
      if (projection != null) {
        INDArray dNormed = below || normActs ? memory.temporary(forward.normed().shape()) : null;
        projection.backward(forward.pass(), forward.normed(), epsilon, dNormed, 0);
        upper = dNormed;
      }
      if (norm != null && upper != null) {
        INDArray dPicked = memory.temporary(forward.picked().shape());
        norm.backward(
            forward.pass(),
            forward.picked(),
            Objects.requireNonNull(forward.statistics()),
            upper,
            dPicked);
        upper = dPicked;
      }
      if (!below || upper == null) {
        return back(zeroInputGradient(workspaces));
      }
      INDArray dx = memory.inputGradient(input.shape());
      dx.assign(0);
      for (int row = 0; row < input.size(0); row++) {
        dx.get(point(row), point(forward.positions()[row]), all()).assign(upper.getRow(row));
      }
      return back(dx);
    } finally {
      forget();
    }
  }

  /** A vector has no padding. */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
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
