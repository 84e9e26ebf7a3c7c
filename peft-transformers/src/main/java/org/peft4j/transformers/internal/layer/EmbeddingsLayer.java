package org.peft4j.transformers.internal.layer;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.internal.batch.Documents;
import org.peft4j.transformers.internal.batch.EncoderSteps;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.LeftPadding;
import org.peft4j.transformers.internal.batch.TextSteps;
import org.peft4j.transformers.internal.batch.TokenIds;
import org.peft4j.transformers.internal.input.Embeddings;
import org.peft4j.transformers.internal.input.Tokens;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;

/** The input of a model as a layer: ids [batch, time] to [batch, time, width]. */
final class EmbeddingsLayer extends SteppingLayer implements TextSteps {
  private static final long serialVersionUID = 1L;
  private static final String PAST = "past";

  /** The forward pass' results that the backward pass needs. */
  private record Kept(Pass pass, Embeddings.Kept values, KeptArrays arrays) {}

  private final Side side;
  private final transient InputPart part;
  private final transient Embeddings embeddings;
  private final transient EncoderSteps steps = new EncoderSteps();
  private transient @Nullable Kept kept;
  private transient int past;
  private transient int @Nullable [] padding;

  EmbeddingsLayer(
      NeuralNetConfiguration configuration, FrozenModel model, Side side, LayerGrafts grafts) {
    super(configuration, model, model.architecture().stack(side).input().sites(), grafts);
    this.side = side;
    part = model.architecture().stack(side).tokenInput();
    embeddings = Embeddings.of(part, new Modules(model, grafts));
  }

  /** Virtual tokens that a model scales itself begin as plain rows. */
  @Override
  public double lookUpFactor(Site site) {
    return site.equals(part.tokens().site()) && !part.promptsScaled() ? part.multiplier() : 1;
  }

  @Override
  public SiteLayer graft(NeuralNetConfiguration configuration, LayerGrafts grafts) {
    return new EmbeddingsLayer(configuration, model(), side, grafts);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    return embed(training, 0, null, maskArray, workspaces);
  }

  @Override
  public INDArray rnnTimeStep(INDArray ids, LayerWorkspaceMgr workspaces) {
    // Deeplearning4j makes [batch, time, 1] of ids [batch, time]; steps have no types.
    setInput(ids.reshape(ids.size(0), ids.size(1)), workspaces);
    if (side == Side.ENCODER) {
      return encodeOnce(workspaces);
    }
    INDArray y = embed(false, past, padding, maskArray, workspaces);
    past += (int) y.size(1);
    return y;
  }

  /**
   * A text is encoded in the first step; in later ones, only what the decoder reads is prepared.
   */
  private INDArray encodeOnce(LayerWorkspaceMgr workspaces) {
    if (!steps.encoded()) {
      INDArray y = embed(false, 0, null, steps.mask(), workspaces);
      steps.setEncoded();
      return y;
    }
    forget();
    Pass pass = begin(grafts().nextPass(false), false);
    embeddings.prompts().forward(pass, input.size(0), null);
    model().encoder().begin(null, true);
    return workspaces.create(ArrayType.ACTIVATIONS, dataType, input.size(0), 1, part.width());
  }

  /** Begins a pass, which a decoder that reads an encoder continues. */
  private Pass begin(Pass pass, boolean first) {
    if (!readsEncoder()) {
      model().patterns().begin();
      embeddings.prompts().begin(pass, first);
    }
    return pass;
  }

  /** The number of positions that the active adapters take before a text. */
  int positionsBefore() {
    return embeddings.prompts().positionsBefore();
  }

  private boolean readsEncoder() {
    return side == Side.BODY && twoStacks();
  }

  /** The encoder's gradient does not come through these embeddings of the decoder. */
  private boolean willKeep(boolean training) {
    return readsEncoder() ? training && grafts().trains() : willGoBack(training);
  }

  private INDArray embed(
      boolean training,
      int from,
      int @Nullable [] hidden,
      @Nullable INDArray given,
      LayerWorkspaceMgr workspaces) {
    forget();
    Pass pass = begin(grafts().nextPass(training), from == 0);
    int[] ids = TokenIds.of(tokens(), part.tokens().rows());
    model()
        .architecture()
        .vector(side)
        .ifPresent(vector -> model().texts().set(ends(vector, ids, (int) tokens().size(1))));
    int virtualTokens = readsEncoder() ? 0 : pass.state().virtualTokens();
    boolean keep = willKeep(training);
    int[] padding = hidden;
    if (padding == null && from == 0 && pass.state().precedes()) {
      padding = LeftPadding.leading(given);
    }
    Documents documents = from == 0 ? documents(given, virtualTokens) : null;
    meetEncoder(given, virtualTokens, keep);
    Extent extent = new Extent(input.size(0), virtualTokens + tokens().size(1));
    Tokens tokens =
        new Tokens(
            ids,
            extent,
            virtualTokens,
            types(),
            padding,
            mask(given),
            documents,
            from,
            side == Side.ENCODER
                ? pass.state().encoderPrefixLength()
                : pass.state().prefixLength());
    KeptArrays arrays = model().kept().arrays();
    try (CallMemory memory = new CallMemory(workspaces, dataType, keep ? arrays : null)) {
      INDArray y = memory.output(extent.batch(), extent.time(), part.width());
      Embeddings.Kept values = embeddings.forward(pass, tokens, keep, y, memory);
      kept = keep ? new Kept(pass, values, arrays) : null;
      return y;
    }
  }

  private static int[] ends(HeadPart.Vector vector, int[] ids, int time) {
    return IntStream.range(0, ids.length / time)
        .map(row -> vector.position(Arrays.copyOfRange(ids, row * time, (row + 1) * time)))
        .toArray();
  }

  /** The ids [batch, time] of an input [batch, time], or of one with types, [batch, 2, time]. */
  private INDArray tokens() {
    return input.rank() == 2 ? input : input.get(all(), point(0), all());
  }

  /** The types of the tokens; null if there are none. */
  private int @Nullable [] types() {
    if (input.rank() == 2) {
      return null;
    }
    int[] types = TokenIds.of(input.get(all(), point(1), all()));
    int most = part.types().map(EmbeddingPart::rows).orElse(1);
    for (int type : types) {
      if (type < 0 || type >= most) {
        throw new PeftException(
            "token_type_ids hold " + type + "; allowed: 0 to " + (most - 1) + ".");
      }
    }
    return types;
  }

  private void meetEncoder(@Nullable INDArray mask, int virtualTokens, boolean trains) {
    if (side == Side.ENCODER) {
      model().encoder().begin(withVirtual(mask, virtualTokens), false);
    } else if (twoStacks()) {
      model().encoder().setDecoderInputTrains(trains);
    }
  }

  /** The documents that are packed in the sequences; null if each is one. */
  private @Nullable Documents documents(@Nullable INDArray given, int virtualTokens) {
    Documents documents = model().patterns().documents(given);
    if (documents != null && (virtualTokens > 0 || twoStacks())) {
      throw new PeftException(
          (virtualTokens > 0
                  ? "Virtual tokens precede each row once"
                  : "An encoder-decoder reads one text a row")
              + ", but the attention mask numbers several documents in a row; allowed: 0 and 1. Do"
              + " not pack the data.");
    }
    return documents;
  }

  /** The elements of the mask if positions depend on them; null without padding. */
  private int @Nullable [] mask(@Nullable INDArray given) {
    boolean counted = part.positions().map(PositionPart::counted).orElse(false);
    if (!counted || given == null) {
      return null;
    }
    int[] mask = TokenIds.of(given);
    Extent.of(tokens()).requireMask(mask);
    return mask;
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
    return back(null); // Ids have no gradient.
  }

  /** Frees the results kept for a backward pass. */
  private void forget() {
    if (kept != null) {
      kept.arrays().close();
      kept = null;
    }
  }

  /**
   * The mask of the output: virtual tokens are shown, between the padding on the left and the rest.
   */
  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
    setMaskArray(mask);
    return new Pair<>(withVirtual(mask, embeddings.prompts().virtualTokens()), state);
  }

  private static @Nullable INDArray withVirtual(@Nullable INDArray mask, int virtualTokens) {
    if (mask == null || virtualTokens == 0) {
      return mask;
    }
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      INDArray ones = Nd4j.ones(mask.dataType(), mask.size(0), virtualTokens);
      INDArray whole = Nd4j.concat(1, ones, mask);
      int[] padding = LeftPadding.leading(mask);
      for (int row = 0; padding != null && row < padding.length; row++) {
        INDArray own = whole.get(point(row), interval(0, padding[row] + virtualTokens));
        own.assign(1);
        own.get(interval(0, padding[row])).assign(0);
      }
      return whole;
    }
  }

  @Override
  public Map<String, INDArray> rnnGetPreviousState() {
    if (side == Side.ENCODER) {
      return steps.state();
    }
    Map<String, INDArray> state = new HashMap<>();
    state.put(PAST, LeftPadding.write(new int[] {past}));
    if (padding != null) {
      state.put(LeftPadding.STATE, LeftPadding.write(padding));
    }
    return state;
  }

  @Override
  public void rnnSetPreviousState(Map<String, INDArray> state) {
    steps.set(state);
    INDArray count = state.get(PAST);
    past = count == null ? 0 : count.getInt(0);
    padding = LeftPadding.read(state);
  }

  @Override
  public void takeBack(int tokens) {
    past = side == Side.BODY ? past - tokens : past;
  }

  @Override
  public void rnnClearPreviousState() {
    steps.clear();
    past = 0;
    padding = null;
  }

  @Override
  public void clear() {
    super.clear();
    forget();
  }
}
