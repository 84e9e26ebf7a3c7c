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
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.transformers.internal.attention.KeyValueCache;
import org.peft4j.transformers.internal.attention.Prefix;
import org.peft4j.transformers.internal.attention.SelfAttention;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.block.Block;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;
import org.peft4j.transformers.internal.position.LeftPadding;
import org.peft4j.transformers.internal.position.PositionTables;
import org.peft4j.transformers.internal.position.Rotation;

/** One transformer block as a layer: [batch, time, width] to the same shape. */
final class BlockLayer extends SteppingLayer {
  private static final long serialVersionUID = 1L;

  /**
   * What the backward pass needs of the forward pass.
   *
   * @param values null if they are to be computed anew
   */
  private record Kept(
      Pass pass, AttentionPattern pattern, Block.@Nullable Kept values, KeptArrays arrays) {}

  private final int blockIndex;
  private final transient Block block;
  private transient @Nullable Kept kept;
  private transient @Nullable KeyValueCache cache;

  BlockLayer(
      NeuralNetConfiguration configuration, FrozenModel model, int blockIndex, LayerGrafts grafts) {
    super(configuration, model, model.sites().block(blockIndex), grafts);
    this.blockIndex = blockIndex;
    this.block = Block.of(new Modules(model, grafts), sites());
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
    Extent extent = Extent.of(input);
    boolean back = willGoBack(training);
    KeptArrays arrays = new KeptArrays(model().pool());
    boolean keep = back && !model().checkpointing();
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      INDArray y = memory.output(input.shape());
      Pass recorded = keep ? pass.on(memory.tape()) : pass;
      AttentionPattern pattern = model().pattern().of(maskArray, extent);
      SelfAttention.Positions positions = positions(pattern, extent, memory);
      Block.Kept values = block.forward(recorded, input, positions, null, y, memory);
      if (back) {
        kept = new Kept(recorded, pattern, keep ? values : null, arrays);
      }
      return y;
    }
  }

  private Prefix prefix() {
    return block.attention().prefix();
  }

  private SelfAttention.Positions positions(
      AttentionPattern pattern, Extent extent, CallMemory memory) {
    return new SelfAttention.Positions(pattern, rotation(0, extent, null, memory));
  }

  @Override
  public INDArray rnnTimeStep(INDArray x, LayerWorkspaceMgr workspaces) {
    setInput(x, workspaces);
    KeyValueCache past = cache == null ? new KeyValueCache(null) : cache;
    cache = past;
    Extent extent = Extent.of(x);
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.output(x.shape());
      int slots = past.slotsAfter(extent.time());
      AttentionPattern pattern =
          model().pattern().stepping(past.length(), extent, slots, past.padding());
      Rotation rotation = rotation(past.length(), extent, past.padding(), memory);
      SelfAttention.Positions positions = new SelfAttention.Positions(pattern, rotation);
      block.forward(grafts().nextPass(false), x, positions, past, y, memory);
      return y;
    }
  }

  private Rotation rotation(int past, Extent extent, int @Nullable [] padding, CallMemory memory) {
    if (!model().positions().rotary()) {
      return new Rotation(null, null);
    }
    int time = (int) extent.time();
    int before = prefix().length();
    int[] positions = LeftPadding.positions(past, time, padding);
    for (int i = 0; i < positions.length; i++) {
      positions[i] += before;
    }
    PositionTables.Rows rows = model().positions().rows(positions, before + past + time);
    long headSize = model().config().attention().headSize();
    long[] shape = {positions.length / time, time, headSize};
    return new Rotation(memory.values(rows.cos(), shape), memory.values(rows.sin(), shape));
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
      SelfAttention.Positions positions = positions(forward.pattern(), extent, memory);
      Pass pass = forward.pass();
      Block.Kept values = forward.values();
      if (values == null) {
        pass = pass.on(memory.tape());
        values = block.forward(pass, input, positions, null, null, memory);
      }
      block.backward(pass, values, input, positions, epsilon, needed ? dx : null, memory);
      return back(dx);
    } finally {
      forget();
    }
  }

  /** Frees what was kept for a backward pass. */
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
