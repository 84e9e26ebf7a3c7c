package org.peft4j.transformers.internal.layer;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.head.ClassTargets;
import org.peft4j.transformers.internal.head.LastPositions;
import org.peft4j.transformers.internal.head.RowGradients;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * A classifier's head and its loss: [batch, time, width] to logits [batch, labels] of each
 * sequence's last position in the features' mask; the score is the mean cross-entropy of the
 * sequences with a label.
 */
final class ScoreLayer extends LossLayer {
  private static final long serialVersionUID = 1L;

  private transient @Nullable INDArray shown;

  ScoreLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, grafts);
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new ScoreLayer(configuration, model(), grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray logits = memory.output(input.size(0), outputs());
      Pass pass = grafts().nextPass(training);
      head().forward(pass, pooled(pass, memory), logits);
      return logits;
    }
  }

  private INDArray pooled(Pass pass, CallMemory memory) {
    Extent extent = Extent.of(input);
    INDArray rows = memory.temporary(extent.batch(), input.size(2));
    pass.kernels().lookUp(extent.matrix(input), LastPositions.of(shown, extent), rows);
    head().scale(rows);
    return rows;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (!willGoBack(true)) {
      return back(zeroInputGradient(workspaces));
    }
    Extent extent = Extent.of(input);
    ClassTargets targets = targets();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      Pass pass = grafts().nextPass(true).on(memory.tape());
      INDArray x = pooled(pass, memory);
      INDArray logits = memory.temporary(extent.batch(), outputs());
      head().forward(pass, x, logits);
      remember(targets.mean(targets.losses(logits)));
      targets.toGradients(logits);
      boolean needed = grafts().inputGradientNeeded();
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      RowGradients rows = RowGradients.of(LastPositions.of(shown, extent), x.size(1), memory);
      INDArray dPooled = rows.values().get(interval(0, extent.batch()), all());
      head().backward(pass, x, logits, null, needed ? dPooled : null);
      if (needed) {
        rows.scatter(pass.kernels(), extent.matrix(dx));
      }
      return back(dx);
    }
  }

  @Override
  double meanLoss(LayerWorkspaceMgr workspaces) {
    ClassTargets targets = targets();
    return targets.mean(losses(targets, workspaces));
  }

  /** The loss of each sequence, [batch, 1]; 0 without a label. */
  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr workspaces) {
    return scores(losses(targets(), workspaces), regularization);
  }

  private double[] losses(ClassTargets targets, LayerWorkspaceMgr workspaces) {
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      Pass pass = grafts().nextPass(false);
      INDArray logits = memory.temporary(input.size(0), outputs());
      head().forward(pass, pooled(pass, memory), logits);
      return targets.losses(logits);
    }
  }

  private ClassTargets targets() {
    if (maskArray != null) {
      throw new PeftException(
          "A sequence classifier takes no mask of labels; leave sequences without a"
              + " label out, or give them a row of zeros.");
    }
    return ClassTargets.of(requireLabels(), input.size(0), outputs());
  }

  /** The features' mask shows where each sequence ends; it includes virtual tokens. */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
    shown = mask;
    return new Pair<>(null, state);
  }

  /** Sets the mask of labels; null also clears the features' mask. */
  @Override
  public void setMaskArray(@Nullable INDArray mask) {
    super.setMaskArray(mask);
    if (mask == null) {
      shown = null;
    }
  }
}
