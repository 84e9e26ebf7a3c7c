package org.peft4j.transformers.internal.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PassState;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.Values;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.internal.batch.EncoderStates;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.KeyValueCache;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.model.Modules;
import org.peft4j.transformers.internal.weights.WeightStore;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/** Blocks, one after the other, in double precision with random weights and inputs. */
final class BlockCase implements AutoCloseable {
  private static final double STEP = 1e-5;
  private static final int SINGLE = 4;
  private static final LayerWorkspaceMgr NONE = LayerWorkspaceMgr.noWorkspaces();

  private final Map<String, INDArray> weights = new LinkedHashMap<>();
  private final Map<String, Graft> grafts = new LinkedHashMap<>();
  private final List<Block> blocks = new ArrayList<>();
  private final FrozenModel model;
  private final INDArray x = Values.random(1, 2, 5, Parts.WIDTH);
  private final INDArray dy = Values.random(2, 2, 5, Parts.WIDTH);
  private @Nullable INDArray mask;
  private @Nullable INDArray encoder;

  /**
   * @param grafted which sites have something grafted on them
   */
  BlockCase(Predicate<Site> grafted, BlockPart... parts) {
    StackPart stack =
        new StackPart(
            InputPart.of(
                EmbeddingPart.of("tokens", SiteRole.TOKEN_EMBEDDING, 3, Parts.WIDTH, 0.02)),
            List.of(parts),
            Optional.empty(),
            Optional.empty());
    ModelArchitecture architecture =
        new ModelArchitecture(
            new CheckpointNames("test", "Test", "", Set.of()),
            16,
            new SpecialTokens(
                OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty()),
            Optional.empty(),
            stack,
            HeadPart.Language.of("head", Parts.WIDTH, 3, false, 0.02));
    for (ModulePart module : architecture.modules()) {
      for (SiteParameter parameter : module.site().parameters()) {
        String key = module.site().name() + "." + parameter.name();
        weights.put(key, Values.random(key.hashCode(), parameter.shapeArray()));
      }
    }
    model = new FrozenModel(architecture, new WeightStore(DataType.DOUBLE, copies(weights)), false);
    for (int i = 0; i < parts.length; i++) {
      List<SiteGrafts> sites = stack.blockSites(i).stream().map(s -> grafts(s, grafted)).toList();
      LayerGrafts layer = new LayerGrafts(sites, SharedState.of(1), new Nd4jKernels(), true);
      blocks.add(Block.of(parts[i], new Modules(model, layer)));
    }
  }

  private static Map<String, FrozenWeight> copies(Map<String, INDArray> arrays) {
    Map<String, FrozenWeight> copies = new LinkedHashMap<>();
    arrays.forEach((key, array) -> copies.put(key, DenseWeight.of(array.dup('c'))));
    return copies;
  }

  private SiteGrafts grafts(Site site, Predicate<Site> grafted) {
    if (!grafted.test(site)) {
      return SiteGrafts.none(site);
    }
    Adapter adapter = TestGrafts.at(site, weights::get);
    Tensors values = Values.first(site.name().hashCode(), adapter.parameters());
    Graft graft = new Graft("test", adapter, values);
    graft.setGradients(Values.room(values));
    grafts.put(site.name(), graft);
    return new SiteGrafts(site, List.of(graft), SharedState.of(1));
  }

  /** All sites of these blocks. */
  static List<Site> sites(BlockPart... parts) {
    return List.of(parts).stream().flatMap(p -> p.sites().stream()).distinct().toList();
  }

  BlockCase withMask(INDArray value) {
    mask = value;
    return this;
  }

  BlockCase withEncoder() {
    encoder = Values.random(3, 2, 3, Parts.WIDTH);
    return this;
  }

  INDArray x() {
    return x;
  }

  @Nullable INDArray mask() {
    return mask;
  }

  @Nullable INDArray encoder() {
    return encoder;
  }

  /** The frozen weights, by checkpoint key. */
  Map<String, INDArray> weights() {
    return weights;
  }

  private Pass pass(CallMemory memory) {
    return new Pass(new Nd4jKernels(), false, 0).on(memory.tape());
  }

  private Sequences sequences(@Nullable INDArray dEncoder) {
    Sequences own = Sequences.whole(Extent.of(x), mask, new PassState());
    return encoder == null ? own : own.with(EncoderStates.of(encoder, null, dEncoder));
  }

  /** The output. */
  INDArray forward() {
    model.patterns().begin();
    try (KeptArrays arrays = model.kept().arrays();
        CallMemory memory = new CallMemory(NONE, DataType.DOUBLE, arrays)) {
      INDArray in = x;
      for (Block block : blocks) {
        INDArray y = Values.zeros(x.shape());
        block.forward(pass(memory), in, sequences(null), y, memory);
        in = y;
      }
      return in;
    }
  }

  /**
   * The output, in steps of that many tokens. Steps after the first see zeros for the encoder's
   * output: its keys and values must be in the cache by then.
   *
   * @param padding how many tokens at the start of each sequence are padding; null for none
   */
  INDArray steps(int @Nullable [] padding, int... lengths) {
    INDArray all = Values.zeros(x.shape());
    List<KeyValueCache> caches =
        blocks.stream().map(b -> new KeyValueCache(padding, DataType.DOUBLE)).toList();
    int from = 0;
    for (int length : lengths) {
      INDArrayIndex[] part = {all(), interval(from, from + length), all()};
      all.put(part, step(caches, x.get(part).dup('c')));
      from += length;
    }
    caches.forEach(KeyValueCache::close);
    return all;
  }

  private INDArray step(List<KeyValueCache> caches, INDArray tokens) {
    model.patterns().begin();
    try (CallMemory memory = new CallMemory(NONE, DataType.DOUBLE, null)) {
      INDArray in = tokens;
      for (int i = 0; i < blocks.size(); i++) {
        Sequences next = Sequences.next(Extent.of(in), caches.get(i));
        if (encoder != null) {
          INDArray states = next.past() == 0 ? encoder : Values.zeros(encoder.shape());
          next = next.with(EncoderStates.of(states, null, null));
        }
        INDArray y = Values.zeros(in.shape());
        blocks.get(i).forward(new Pass(new Nd4jKernels(), false, 0), in, next, y, memory);
        in = y;
      }
      return in;
    }
  }

  private double loss() {
    return Values.inner(forward(), dy);
  }

  /**
   * Runs forward and backward.
   *
   * @param again whether the backward pass computes the forward pass once more
   * @return the gradient of x; empty if it was not asked for
   */
  Optional<INDArray> backward(boolean inputGradient, boolean again, @Nullable INDArray dEncoder) {
    model.patterns().begin();
    try (KeptArrays arrays = model.kept().arrays();
        CallMemory memory = new CallMemory(NONE, DataType.DOUBLE, arrays)) {
      Pass pass = pass(memory);
      List<INDArray> inputs = new ArrayList<>(List.of(x));
      List<Block.Kept> kept = new ArrayList<>();
      for (Block block : blocks) {
        INDArray y = Values.zeros(x.shape());
        INDArray in = inputs.get(inputs.size() - 1);
        kept.add(block.forward(pass, in, sequences(dEncoder), y, memory));
        inputs.add(y);
      }
      INDArray upper = dy;
      for (int i = blocks.size() - 1; i >= 0; i--) {
        boolean needed = inputGradient || i > 0;
        INDArray dx = needed ? Values.zeros(x.shape()).assign(99) : null;
        Block.Kept values =
            again
                ? blocks.get(i).forward(pass, inputs.get(i), sequences(dEncoder), null, memory)
                : kept.get(i);
        INDArray before = upper.dup('c');
        blocks.get(i).backward(pass, values, inputs.get(i), upper, dx, memory);
        if (!before.equals(upper)) {
          throw new AssertionError("The gradient of the output was changed.");
        }
        upper = dx == null ? upper : dx;
      }
      return inputGradient ? Optional.of(upper) : Optional.empty();
    }
  }

  /** The gradients of x, the encoder's output and all grafts are slopes. */
  void assertGradients() {
    INDArray dEncoder = encoder == null ? null : Values.zeros(encoder.shape());
    INDArray dx = backward(true, false, dEncoder).orElseThrow();
    assertSlopes("x", x, dx);
    if (encoder != null && dEncoder != null) {
      assertSlopes("encoder", encoder, dEncoder);
    }
    grafts.forEach(
        (name, graft) ->
            graft
                .parameters()
                .asMap()
                .forEach((p, array) -> assertSlopes(name + p, array, graft.gradients().get(p))));
  }

  /**
   * The slope along a random direction, in which every entry takes part, and those along about
   * {@value #SINGLE} entries alone.
   */
  private void assertSlopes(String name, INDArray values, INDArray gradients) {
    INDArray direction = Values.random(name.hashCode(), values.shape());
    assertSlope(name, values, gradients, direction.divi(direction.norm2Number()));
    for (long i = 0; i < values.length(); i += 1 + values.length() / SINGLE) {
      INDArray one = Values.zeros(values.shape());
      one.putScalar(i, 1);
      assertSlope(name + "[" + i + "]", values, gradients, one);
    }
  }

  private void assertSlope(String name, INDArray values, INDArray gradients, INDArray direction) {
    INDArray start = values.dup('c');
    INDArray change = direction.mul(STEP);
    values.addi(change);
    double above = loss();
    values.assign(start).subi(change);
    double below = loss();
    values.assign(start);
    double slope = (above - below) / (2 * STEP);
    assertThat(Values.inner(gradients, direction))
        .as(name)
        .isCloseTo(slope, within(1e-7 * Math.max(1, Math.abs(slope))));
  }

  /** The gradients that the last backward pass wrote, by site and parameter. */
  Map<String, INDArray> gradients() {
    Map<String, INDArray> all = new LinkedHashMap<>();
    grafts.forEach(
        (site, graft) ->
            graft
                .gradients()
                .asMap()
                .forEach((name, array) -> all.put(site + "." + name, array.dup('c'))));
    return all;
  }

  /** Overwrites the gradients, so that the next backward pass must write them. */
  void spoilGradients() {
    grafts.values().forEach(g -> g.gradients().asMap().values().forEach(a -> a.assign(99)));
  }

  @Override
  public void close() {
    model.close();
  }
}
