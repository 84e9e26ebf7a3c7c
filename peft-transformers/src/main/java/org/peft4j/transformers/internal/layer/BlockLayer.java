package org.peft4j.transformers.internal.layer;

import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.KeyValueCache;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.block.Block;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** One transformer block as a layer; input and output are [batch, time, width]. */
final class BlockLayer extends SteppingLayer {
  private static final long serialVersionUID = 1L;

  /**
   * The forward pass' results that the backward pass needs.
   *
   * @param values null if the backward pass recomputes them
   */
  private record Kept(
      Pass pass, Sequences sequences, Block.@Nullable Kept values, KeptArrays arrays) {}

  private final int blockIndex;
  private final transient Block block;
  private transient @Nullable Kept kept;
  private transient @Nullable KeyValueCache cache;

  BlockLayer(
      NeuralNetConfiguration configuration, FrozenModel model, int blockIndex, LayerGrafts grafts) {
    super(configuration, model, model.architecture().body().blockSites(blockIndex), grafts);
    this.blockIndex = blockIndex;
    StackPart stack = model.architecture().body();
    this.block = Block.of(stack.blocks().get(blockIndex), new Modules(model, grafts));
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new BlockLayer(configuration, model(), blockIndex, grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    forget();
    Pass pass = grafts().nextPass(training);
    Sequences sequences = Sequences.whole(Extent.of(input), maskArray);
    boolean back = willGoBack(training);
    KeptArrays arrays = new KeptArrays(model().pool());
    boolean keep = back && !model().checkpointing();
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      INDArray y = memory.output(input.shape());
      Pass recorded = keep ? pass.on(memory.tape()) : pass;
      Block.Kept values = block.forward(recorded, input, sequences, y, memory);
      if (back) {
        kept = new Kept(recorded, sequences, keep ? values : null, arrays);
      }
      return y;
    }
  }

  @Override
  public INDArray rnnTimeStep(INDArray x, LayerWorkspaceMgr workspaces) {
    setInput(x, workspaces);
    KeyValueCache past = cache == null ? new KeyValueCache(null) : cache;
    cache = past;
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.output(x.shape());
      Sequences sequences = Sequences.next(Extent.of(x), past);
      block.forward(grafts().nextPass(false), x, sequences, y, memory);
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
      Pass pass = forward.pass();
      Block.Kept values = forward.values();
      if (values == null) {
        pass = pass.on(memory.tape());
        values = block.forward(pass, input, forward.sequences(), null, memory);
      }
      block.backward(pass, values, input, epsilon, needed ? dx : null, memory);
      return back(dx);
    } finally {
      forget();
    }
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
    return cache == null ? Map.of() : cache.state();
  }

  @Override
  public void rnnSetPreviousState(Map<String, INDArray> state) {
    KeyValueCache copy = KeyValueCache.of(state);
    rnnClearPreviousState();
    cache = copy;
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
