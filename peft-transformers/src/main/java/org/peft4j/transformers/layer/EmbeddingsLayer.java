package org.peft4j.transformers.layer;

import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftException;
import org.peft4j.adapter.Pass;
import org.peft4j.module.EmbeddingModule;
import org.peft4j.module.LayerGrafts;
import org.peft4j.module.SiteLayer;
import org.peft4j.transformers.memory.CallMemory;

/** Token embeddings, and GPT-2's position embeddings: ids [batch, time] to [batch, time, width]. */
final class EmbeddingsLayer extends SteppingLayer {
  private static final long serialVersionUID = 1L;
  private static final String PAST = "past";

  /** What the backward pass needs of the forward pass. */
  private record Kept(Pass pass, int[] ids, int[] positions) {}

  private final transient EmbeddingModule tokens;
  private final transient @Nullable EmbeddingModule places;
  private transient @Nullable Kept kept;
  private transient int past;
  private transient int @Nullable [] padding;

  EmbeddingsLayer(NeuralNetConfiguration configuration, FrozenModel model, LayerGrafts grafts) {
    super(configuration, model, model.sites().embeddings(), grafts);
    Modules modules = new Modules(model, grafts);
    tokens = modules.embedding(sites().get(0));
    places = sites().size() > 1 ? modules.embedding(sites().get(1)) : null;
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
    past += (int) ids.size(1);
    return y;
  }

  private INDArray embed(
      boolean training, int from, int @Nullable [] hidden, LayerWorkspaceMgr workspaces) {
    Pass pass = grafts().nextPass(training);
    Extent extent = Extent.of(input);
    int[] ids = TokenIds.of(input, model().config().vocabularySize());
    int[] positions = positions(extent, from, hidden);
    int width = model().config().hiddenSize();
    try (CallMemory memory = new CallMemory(workspaces, dataType, null)) {
      INDArray y = memory.output(extent.batch(), extent.time(), width);
      tokens.forward(pass, ids, extent.matrix(y));
      if (places != null) {
        INDArray p = memory.temporary(extent.rows(), width);
        places.forward(pass, positions, p);
        extent.matrix(y).addi(p);
      }
      kept = willGoBack(training) ? new Kept(pass, ids, positions) : null;
      return y;
    }
  }

  private int[] positions(Extent extent, int from, int @Nullable [] hidden) {
    int time = (int) extent.time();
    int limit = model().config().maxPositions();
    if (places != null && from + time > limit) {
      throw new PeftException(
          "Position "
              + (from + time - 1)
              + " is beyond this model's "
              + limit
              + " position embeddings; shorten the text.");
    }
    int[] some = LeftPadding.positions(from, time, hidden);
    int[] positions = new int[(int) extent.rows()];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = some[i % some.length];
    }
    return positions;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      @Nullable INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (kept != null && epsilon != null) {
      INDArray dy = Extent.of(input).matrix(epsilon);
      tokens.backward(kept.pass(), kept.ids(), dy);
      if (places != null) {
        places.backward(kept.pass(), kept.positions(), dy);
      }
      kept = null;
    }
    return back(null); // Ids have no gradient.
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
