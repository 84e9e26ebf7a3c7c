package org.peft4j.transformers.internal.layer;

import java.util.Map;
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
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.KeyValueCache;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.batch.TextSteps;
import org.peft4j.transformers.internal.block.Block;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;
import org.peft4j.transformers.internal.weights.WeightPages;

/** One transformer block as a layer; input and output are [batch, time, width]. */
final class BlockLayer extends SteppingLayer implements TextSteps {
  private static final long serialVersionUID = 1L;

  private final Side side;
  private final int blockIndex;
  private final transient BlockPart part;
  private final transient Block block;
  private final transient BlockRuns runs;
  private transient BlockRuns.@Nullable Kept kept;
  private transient @Nullable KeyValueCache cache;

  BlockLayer(
      NeuralNetConfiguration configuration,
      FrozenModel model,
      Side side,
      int blockIndex,
      LayerGrafts grafts) {
    super(configuration, model, model.architecture().stack(side).blockSites(blockIndex), grafts);
    this.side = side;
    this.blockIndex = blockIndex;
    StackPart stack = model.architecture().stack(side);
    this.part = stack.blocks().get(blockIndex);
    this.block = Block.of(part, new Modules(model, grafts));
    this.runs = new BlockRuns(model, grafts, block, part.times());
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new BlockLayer(configuration, model(), side, blockIndex, grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    forget();
    Sequences sequences = Sequences.whole(Extent.of(input), maskArray, grafts().passState());
    if (readsEncoder()) {
      sequences = sequences.with(model().encoder().states());
    }
    boolean back = willGoBack(training);
    try (WeightPages.Use pages = using(blockIndex + 1)) {
      BlockRuns.Forward forward = runs.forward(input, sequences, training, back, workspaces);
      kept = forward.kept();
      return forward.y();
    }
  }

  /** Uses the block's weights. */
  private WeightPages.Use using(int next) {
    return model().weights().blockPages(side).use(blockIndex, next);
  }

  @Override
  public INDArray rnnTimeStep(INDArray x, LayerWorkspaceMgr workspaces) {
    setInput(x, workspaces);
    if (!part.steps()) {
      throw new PeftException(
          part.name()
              + " runs at several depths with the same weights, and keeps no keys and values for"
              + " each: it cannot run in steps. Give whole sequences to output(…).");
    }
    if (side == Side.ENCODER) {
      return encodeOnce(x, workspaces);
    }
    KeyValueCache past =
        cache == null ? new KeyValueCache(null, model().weights().matrices()) : cache;
    cache = past;
    try (WeightPages.Use pages = using(blockIndex + 1);
        CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.output(x.shape());
      Sequences sequences = Sequences.next(Extent.of(x), past);
      if (readsEncoder()) {
        boolean known = past.hasEncoder();
        sequences = sequences.with(known ? past.encoder() : model().encoder().states());
      }
      block.forward(grafts().nextPass(false), x, sequences, y, memory);
      return y;
    }
  }

  /** A text is encoded in the first step; later ones pass on what they get. */
  private INDArray encodeOnce(INDArray x, LayerWorkspaceMgr workspaces) {
    try (WeightPages.Use pages = using(blockIndex + 1);
        CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.output(x.shape());
      if (model().encoder().known()) {
        return y.assign(x);
      }
      Pass pass = grafts().nextPass(false);
      Sequences sequences = Sequences.whole(Extent.of(x), model().encoder().mask(), pass.state());
      block.forward(pass, x, sequences, y, memory);
      return y;
    }
  }

  private boolean readsEncoder() {
    return side == Side.BODY && twoStacks();
  }

  /**
   * Whether the gradient of this block's input is needed. Below the decoder's first block there are
   * its embeddings only: the encoder gets its gradient from cross-attention.
   */
  private boolean inputGradientNeeded() {
    return readsEncoder() && blockIndex == 0
        ? model().encoder().decoderInputTrains()
        : grafts().inputGradientNeeded();
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    BlockRuns.Kept forward = kept;
    if (forward == null) {
      return back(zeroInputGradient(workspaces));
    }
    boolean needed = inputGradientNeeded();
    try (WeightPages.Use pages = using(blockIndex - 1);
        CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray dx = needed ? memory.inputGradient(input.shape()) : zeroInputGradient(workspaces);
      runs.backward(forward, epsilon, needed ? dx : null, workspaces);
      return back(dx);
    } finally {
      forget();
    }
  }

  /** Frees the results kept for a backward pass. */
  private void forget() {
    if (kept != null) {
      kept.close();
      kept = null;
    }
  }

  @Override
  public Map<String, INDArray> rnnGetPreviousState() {
    return cache == null ? Map.of() : cache.state();
  }

  @Override
  public void rnnSetPreviousState(Map<String, INDArray> state) {
    KeyValueCache copy = KeyValueCache.of(state, model().weights().matrices());
    rnnClearPreviousState();
    cache = copy;
  }

  @Override
  public void takeBack(int tokens) {
    if (cache != null) {
      cache.takeBack(tokens);
    }
  }

  @Override
  public void rnnClearPreviousState() {
    if (cache != null) {
      cache.close();
      cache = null;
    }
  }

  @Override
  public void clear() {
    super.clear();
    forget();
  }
}
