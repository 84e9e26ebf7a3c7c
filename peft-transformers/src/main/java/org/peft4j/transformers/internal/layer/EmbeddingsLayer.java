package org.peft4j.transformers.internal.layer;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.PromptGrafts;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.TokenIds;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;
import org.peft4j.transformers.internal.position.LeftPadding;

/** Token embeddings, and GPT-2's position embeddings: ids [batch, time] to [batch, time, width]. */
final class EmbeddingsLayer extends SteppingLayer {
  private static final long serialVersionUID = 1L;
  private static final String PAST = "past";

  /** What the backward pass needs of the forward pass. */
  private record Kept(Pass pass, int[] ids, int[] positions, int virtualTokens) {}

  private final transient EmbeddingModule tokens;
  private final transient @Nullable EmbeddingModule places;
  private final transient PromptGrafts prompts;
  private transient @Nullable Kept kept;
  private transient int past;
  private transient int @Nullable [] padding;

  EmbeddingsLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, model.sites().embeddings(), grafts);
    Modules modules = new Modules(model, grafts);
    tokens = modules.embedding(sites().get(0));
    places = sites().size() > 2 ? modules.embedding(sites().get(1)) : null;
    prompts = modules.prompts(sites().get(sites().size() - 1));
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new EmbeddingsLayer(configuration, model(), grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    return embed(training, 0, null, workspaces);
  }

  @Override
  public INDArray rnnTimeStep(INDArray ids, LayerWorkspaceMgr workspaces) {
    setInput(ids, workspaces);
    INDArray y = embed(false, past, padding, workspaces);
    past += (int) y.size(1);
    return y;
  }

  private INDArray embed(
      boolean training, int from, int @Nullable [] hidden, LayerWorkspaceMgr workspaces) {
    Pass pass = grafts().nextPass(training);
    model().pattern().begin();
    int[] ids = TokenIds.of(input, model().config().vocabularySize());
    prompts.begin(pass, from == 0);
    int virtualTokens = pass.prompt().virtualTokens();
    Extent extent = new Extent(input.size(0), virtualTokens + input.size(1));
    int[] positions = positions(extent, from, pass.prompt().prefixLength(), hidden);
    int width = model().config().hiddenSize();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.output(extent.batch(), extent.time(), width);
      if (virtualTokens == 0) {
        tokens.forward(pass, ids, extent.matrix(y));
        prompts.forward(pass, extent.batch(), null);
      } else {
        prompted(pass, ids, virtualTokens, hidden, y, memory);
      }
      if (places != null) {
        INDArray p = memory.temporary(extent.rows(), width);
        places.forward(pass, positions, p);
        extent.matrix(y).addi(p);
      }
      kept = willGoBack(training) ? new Kept(pass, ids, positions, virtualTokens) : null;
      return y;
    }
  }

  /** Virtual tokens, then tokens; in generation after the padding, which stays on the left. */
  private void prompted(
      Pass pass,
      int[] ids,
      int virtualTokens,
      int @Nullable [] hidden,
      INDArray y,
      CallMemory memory) {
    long batch = y.size(0);
    long time = y.size(1) - virtualTokens;
    INDArray embedded = memory.temporary(batch, time, y.size(2));
    tokens.forward(pass, ids, embedded.reshape('c', ids.length, y.size(2)));
    INDArray prompt = memory.temporary(batch, virtualTokens, y.size(2));
    prompts.forward(pass, batch, prompt);
    for (long row = 0; row < batch; row++) {
      long pads = hidden == null ? 0 : hidden[(int) row];
      if (pads > 0) {
        part(y, row, 0, pads).assign(part(embedded, row, 0, pads));
      }
      part(y, row, pads, pads + virtualTokens).assign(part(prompt, row, 0, virtualTokens));
      part(y, row, pads + virtualTokens, y.size(1)).assign(part(embedded, row, pads, time));
    }
  }

  private static INDArray part(INDArray array, long row, long from, long to) {
    return array.get(point(row), interval(from, to), all());
  }

  private int[] positions(Extent extent, int from, int prefix, int @Nullable [] hidden) {
    int time = (int) extent.time();
    int limit = model().config().maxPositions();
    if (places != null && prefix + from + time > limit) {
      throw new PeftException(
          "Position "
              + (prefix + from + time - 1)
              + " is beyond this model's "
              + limit
              + " position embeddings, virtual tokens included; shorten the text.");
    }
    int[] some = LeftPadding.positions(from, time, hidden);
    int[] positions = new int[(int) extent.rows()];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = prefix + some[i % some.length];
    }
    return positions;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (kept != null && epsilon != null) {
      Kept forward = kept;
      int n = forward.virtualTokens();
      INDArray rows = epsilon.reshape('c', forward.positions().length, epsilon.size(2));
      INDArray own = n == 0 ? rows : epsilon.get(all(), interval(n, epsilon.size(1)), all());
      INDArray dy =
          (n == 0 ? own : own.dup('c')).reshape('c', forward.ids().length, epsilon.size(2));
      tokens.backward(forward.pass(), forward.ids(), dy);
      if (places != null) {
        places.backward(forward.pass(), forward.positions(), rows);
      }
      prompts.backward(
          forward.pass(), n == 0 ? null : epsilon.get(all(), interval(0, n), all()).dup('c'));
      kept = null;
    }
    return back(null); // Ids have no gradient.
  }

  /** The mask of what comes out: virtual tokens are seen by all. */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
    int n = prompts.virtualTokens();
    if (mask == null || n == 0) {
      return new Pair<>(mask, state);
    }
    INDArray ones = Nd4j.ones(mask.dataType(), mask.size(0), n);
    return new Pair<>(Nd4j.concat(1, ones, mask), state);
  }

  @Override
  public Map<String, INDArray> rnnGetPreviousState() {
    Map<String, INDArray> state = new HashMap<>();
    state.put(PAST, LeftPadding.write(new int[] {past}));
    if (padding != null) {
      state.put(LeftPadding.STATE, LeftPadding.write(padding));
    }
    return state;
  }

  @Override
  public void rnnSetPreviousState(Map<String, INDArray> state) {
    INDArray count = state.get(PAST);
    past = count == null ? 0 : count.getInt(0);
    padding = LeftPadding.read(state);
  }

  @Override
  public void rnnClearPreviousState() {
    past = 0;
    padding = null;
  }

  @Override
  public void clear() {
    super.clear();
    kept = null;
  }
}
