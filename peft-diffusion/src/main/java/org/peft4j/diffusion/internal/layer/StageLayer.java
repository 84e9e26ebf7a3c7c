package org.peft4j.diffusion.internal.layer;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.diffusion.internal.model.PicturePass;
import org.peft4j.diffusion.internal.part.Around;
import org.peft4j.diffusion.internal.part.StageRun;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.weights.WeightPages;

/** A stage in the chain; input and output are pictures [batch, height, width, channels]. */
final class StageLayer extends PictureLayer {
  private static final long serialVersionUID = 1L;

  /**
   * The forward pass' results that the backward pass needs.
   *
   * @param values null if the backward pass recomputes them
   * @param arrays their memory
   * @param result the copy of the output that is joined to another stage's input; null for none
   */
  private record Kept(
      Pass pass,
      Around around,
      StageRun.@Nullable Kept values,
      KeptArrays arrays,
      PicturePass.@Nullable Shared result) {}

  private final int number;
  private transient @Nullable Kept kept;

  StageLayer(
      NeuralNetConfiguration configuration, PictureModel model, Stage stage, LayerGrafts grafts) {
    super(configuration, model, stage, grafts);
    this.number = model.architecture().stages().indexOf(stage);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    forget();
    Around around = around();
    boolean back = willGoBack(training);
    boolean keep = back && !model().checkpointing();
    KeptArrays arrays = model().kept().arraysOfBlock();
    Pass pass = grafts().nextPass(training);
    try (WeightPages.Use pages = using(1);
        KeptArrays.Use use = arrays.use(pass.kernels());
        CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      Pass recorded = keep ? pass.on(memory.tape()) : pass;
      INDArray y = memory.output(around.out().shape(run().channels(input.size(3))));
      StageRun.Kept values =
          run().forward(recorded, Area.rows(input), around, Area.rows(y), memory);
      PicturePass.Shared result =
          model().architecture().kept().contains(stage().name())
              ? around.shared().keep(y, back)
              : null;
      kept = back ? new Kept(recorded, around, keep ? values : null, arrays, result) : null;
      return y;
    }
  }

  /** Uses the stage's weights; the stage that follows is so many further on. */
  private WeightPages.Use using(int step) {
    return model().pages().use(number, number + step);
  }

  private Around around() {
    PicturePass shared = model().pass();
    boolean joins = stage() instanceof Stage.Residual residual && residual.skip();
    PicturePass.Shared next = shared.next();
    Area in = Area.of(input);
    return new Around(
        in,
        run().area(in, next == null ? null : Area.of(next.values())),
        shared,
        joins ? shared.take() : null);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    Kept forward = kept;
    if (forward == null) {
      return back(zeroInputGradient(workspaces));
    }
    boolean needed = grafts().inputGradientNeeded();
    Pass pass = forward.pass();
    try (WeightPages.Use pages = using(-1);
        KeptArrays.Use use = forward.arrays().use(pass.kernels());
        CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      StageRun.Kept values = forward.values();
      INDArray x = Area.rows(input);
      if (values == null) {
        pass = pass.on(memory.tape());
        values = run().forward(pass, x, forward.around(), null, memory);
      }
      INDArray dy = Area.rows(sum(epsilon, forward.result()));
      values.backward(pass, x, dy, needed ? Area.rows(dx) : null, memory);
      return back(dx);
    } finally {
      forget();
    }
  }

  /** The gradient from the stage above and from the one that the result was joined to. */
  private static INDArray sum(INDArray epsilon, PicturePass.@Nullable Shared result) {
    INDArray other = result == null ? null : result.gradient();
    return other == null ? epsilon : epsilon.addi(other);
  }

  /** Frees the results kept for a backward pass. */
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
