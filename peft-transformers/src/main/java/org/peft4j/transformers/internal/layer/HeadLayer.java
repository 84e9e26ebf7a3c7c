package org.peft4j.transformers.internal.layer;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Arrays;
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
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.head.ChunkedLoss;
import org.peft4j.transformers.internal.head.Labelled;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * The language-model head and its loss: [batch, time, width] to logits [batch, time, vocabulary];
 * the score is the mean cross-entropy of the next token over labelled positions; behind an encoder,
 * of the token at the position.
 */
final class HeadLayer extends LossLayer {
  private static final long serialVersionUID = 1L;

  HeadLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, grafts);
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new HeadLayer(configuration, model(), grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    Extent extent = Extent.of(input);
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray hidden = scaledTokens(extent, memory);
      long time = extent.time() - virtualTokens();
      INDArray logits = memory.output(extent.batch(), time, outputs());
      Pass pass = grafts().nextPass(training);
      head().forward(pass, hidden, logits.reshape('c', hidden.size(0), outputs()));
      return logits;
    }
  }

  /**
   * The number of virtual tokens, which precede all other positions of the input. Those of a model
   * with an encoder are in its encoder.
   */
  private int virtualTokens() {
    return twoStacks() ? 0 : grafts().passState().virtualTokens();
  }

  /** The head's input, without virtual tokens. */
  private INDArray scaledTokens(Extent extent, CallMemory memory) {
    int n = virtualTokens();
    if (n == 0 && !head().scales()) {
      return extent.matrix(input);
    }
    long time = extent.time() - n;
    INDArray rows = memory.temporary(extent.batch(), time, input.size(2));
    rows.assign(input.get(all(), interval(n, extent.time()), all()));
    head().scale(rows);
    return rows.reshape('c', extent.batch() * time, input.size(2));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (!willGoBack(true)) {
      return back(zeroInputGradient(workspaces));
    }
    Extent extent = Extent.of(input);
    Labelled labelled = labelled();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      boolean needed = grafts().inputGradientNeeded();
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      double[] losses =
          loss(grafts().nextPass(true).on(memory.tape()), memory)
              .backward(extent.matrix(input), labelled, needed ? extent.matrix(dx) : null);
      remember(Arrays.stream(losses).sum() / losses.length);
      return back(dx);
    }
  }

  /**
   * The mask here is the labels', set by {@link #setMaskArray}; this layer does not pass on the
   * features' mask.
   */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
    return new Pair<>(mask, state);
  }

  @Override
  double meanLoss(LayerWorkspaceMgr workspaces) {
    double[] losses = losses(workspaces, labelled());
    return Arrays.stream(losses).sum() / losses.length;
  }

  /** The mean loss over the labelled positions of each sequence, [batch, 1]. */
  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr workspaces) {
    Labelled labelled = labelled();
    double[] losses = losses(workspaces, labelled);
    int[] counts = labelled.perSequence();
    double[] means = new double[counts.length];
    int from = 0;
    for (int i = 0; i < counts.length; i++) {
      means[i] = Arrays.stream(losses, from, from + counts[i]).sum() / counts[i];
      from += counts[i];
    }
    return scores(means, regularization);
  }

  private double[] losses(LayerWorkspaceMgr workspaces, Labelled labelled) {
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray hidden = Extent.of(input).matrix(input);
      return loss(grafts().nextPass(false), memory).losses(hidden, labelled);
    }
  }

  private ChunkedLoss loss(Pass pass, CallMemory memory) {
    return new ChunkedLoss(head(), pass, memory);
  }

  private Labelled labelled() {
    int ahead = twoStacks() ? 0 : 1;
    return Labelled.of(
        requireLabels(), maskArray, Extent.of(input), virtualTokens(), ahead, outputs());
  }
}
