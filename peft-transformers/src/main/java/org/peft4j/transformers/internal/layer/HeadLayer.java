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
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.batch.TextSteps;
import org.peft4j.transformers.internal.head.Losses;
import org.peft4j.transformers.internal.head.Reading;
import org.peft4j.transformers.internal.head.Readout;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** A head of any kind and its loss: from hidden states [batch, time, width] to logits. */
final class HeadLayer extends LossLayer implements TextSteps {
  private static final long serialVersionUID = 1L;

  private final transient Readout readout;
  private transient @Nullable INDArray shown;
  private transient int lastPositions;

  HeadLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, model.architecture().head().sites(), grafts);
    HeadPart.Output head = (HeadPart.Output) model.architecture().head();
    // A caption is its own decoder's input, as a text is that of a decoder alone.
    boolean shifted = twoStacks() && model.architecture().pictures().isEmpty();
    readout = Readout.of(head, new Modules(model, grafts), shifted);
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new HeadLayer(configuration, model(), grafts);
  }

  @Override
  public int numLabels() {
    return readout.outputs();
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      Reading reading = reading(grafts().nextPass(training), memory);
      return readout.logits(lastPositions == 0 ? reading : reading.ofLast(lastPositions));
    }
  }

  @Override
  public void readLast(int positions) {
    lastPositions = positions;
  }

  /** The virtual tokens of a model with an encoder are there. */
  private Reading reading(Pass pass, CallMemory memory) {
    int virtualTokens = twoStacks() ? 0 : grafts().passState().virtualTokens();
    int[] ends = twoStacks() ? model().encoder().ends() : null;
    return Reading.of(pass, input, shown, virtualTokens, memory).endingAt(ends);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (!willGoBack(true)) {
      return back(zeroInputGradient(workspaces));
    }
    INDArray labels = requireLabels();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      boolean needed = grafts().inputGradientNeeded();
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      Reading reading = reading(grafts().nextPass(true).on(memory.tape()), memory);
      remember(readout.backward(reading, labels, maskArray, needed ? dx : null).mean());
      return back(dx);
    }
  }

  @Override
  protected Losses losses(LayerWorkspaceMgr workspaces) {
    INDArray labels = requireLabels();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      return readout.losses(reading(grafts().nextPass(false), memory), labels, maskArray);
    }
  }

  /**
   * The features' mask shows where sequences end; it includes virtual tokens. The mask here is the
   * labels', set by {@link #setMaskArray}: this layer does not pass on the features' mask.
   */
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
