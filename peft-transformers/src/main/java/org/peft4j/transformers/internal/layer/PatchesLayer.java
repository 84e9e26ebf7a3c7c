package org.peft4j.transformers.internal.layer;

import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.PromptGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.internal.batch.EncoderSteps;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.input.PatchEmbeddings;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** The input of pictures as a layer: [batch, channels, height, width] to [batch, time, width]. */
final class PatchesLayer extends SteppingLayer {
  private static final long serialVersionUID = 1L;

  /** The forward pass' results that the backward pass needs. */
  private record Kept(Pass pass, PatchEmbeddings.Kept values, KeptArrays arrays) {}

  private final Side side;
  private final transient PatchEmbeddings embeddings;
  private final transient EncoderSteps steps = new EncoderSteps();
  private transient @Nullable Kept kept;

  PatchesLayer(
      NeuralNetConfiguration configuration, FrozenModel model, Side side, LayerGrafts grafts) {
    super(configuration, model, model.architecture().stack(side).input().sites(), grafts);
    this.side = side;
    embeddings =
        PatchEmbeddings.of(
            model.architecture().stack(side).pictureInput().orElseThrow(),
            new Modules(model, grafts));
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new PatchesLayer(configuration, model(), side, grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    return embed(training, workspaces);
  }

  private INDArray embed(boolean training, LayerWorkspaceMgr workspaces) {
    forget();
    Pass pass = begin(training, false);
    boolean keep = willGoBack(training);
    Extent extent = embeddings.extent(input);
    KeptArrays arrays = model().kept().arrays();
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      INDArray y = memory.output(extent.batch(), extent.time(), embeddings.width());
      PatchEmbeddings.Kept values = embeddings.forward(pass, input, keep, y, memory);
      kept = keep ? new Kept(pass, values, arrays) : null;
      return y;
    }
  }

  /** Begins a pass, which a decoder that reads the pictures continues. */
  private Pass begin(boolean training, boolean known) {
    Pass pass = grafts().nextPass(training);
    if (side == Side.PICTURES) {
      return pass; // The embeddings of texts begin it.
    }
    model().patterns().begin();
    PromptGrafts.none().begin(pass, !known);
    if (side == Side.ENCODER) {
      model().encoder().begin(null, known);
    }
    return pass;
  }

  /** Pictures are encoded in the first step. */
  @Override
  public INDArray rnnTimeStep(INDArray pictures, LayerWorkspaceMgr workspaces) {
    setInput(pictures, workspaces);
    if (!steps.encoded()) {
      INDArray y = embed(false, workspaces);
      steps.setEncoded();
      return y;
    }
    forget();
    begin(false, true);
    return workspaces.create(ArrayType.ACTIVATIONS, dataType, input.size(0), 1, embeddings.width());
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    Kept forward = kept;
    if (forward != null && epsilon != null) {
      try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
        embeddings.backward(forward.pass(), forward.values(), epsilon, memory);
      } finally {
        forget();
      }
    }
    return back(null); // Nothing trains below pictures.
  }

  /** Frees the results kept for a backward pass. */
  private void forget() {
    if (kept != null) {
      kept.arrays().close();
      kept = null;
    }
  }

  @Override
  public Map<String, INDArray> rnnGetPreviousState() {
    return steps.state();
  }

  @Override
  public void rnnSetPreviousState(Map<String, INDArray> state) {
    steps.set(state);
  }

  @Override
  public void rnnClearPreviousState() {
    steps.clear();
  }

  @Override
  public void clear() {
    super.clear();
    forget();
  }
}
