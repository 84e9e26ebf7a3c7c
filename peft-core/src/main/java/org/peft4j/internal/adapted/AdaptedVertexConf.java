package org.peft4j.internal.adapted;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.TwinVertex;

/**
 * The configuration of a frozen vertex that carries adapters and is no layer: what {@link
 * AdaptedLayerConf} is for layers.
 */
public final class AdaptedVertexConf extends GraphVertex {
  private static final long serialVersionUID = 1L;

  private @Nullable String contextKey;
  private String vertexName = "";
  private @Nullable SameDiffVertex underlying;
  private @Nullable IUpdater updater;
  private @Nullable IUpdater biasUpdater;
  private transient @Nullable AdapterContext context;

  /** The adapters of a file's parameters; null where this was not read from a file. */
  private transient @Nullable List<String> saved;

  /** For deserialisation. */
  public AdaptedVertexConf() {}

  /**
   * @param underlying the base graph's own configuration of the vertex: a clone of an attention
   *     vertex has lost its updater
   * @param updater what trains the adapters
   */
  AdaptedVertexConf(
      String vertexName, SameDiffVertex underlying, IUpdater updater, AdapterContext context) {
    this.contextKey = context.key();
    this.vertexName = vertexName;
    this.underlying = underlying;
    this.updater = updater;
    this.biasUpdater = underlying.getBiasUpdater();
    this.context = context;
  }

  public @Nullable String getContextKey() {
    return contextKey;
  }

  public void setContextKey(String contextKey) {
    this.contextKey = contextKey;
  }

  public String getVertexName() {
    return vertexName;
  }

  public void setVertexName(String vertexName) {
    this.vertexName = vertexName;
  }

  public @Nullable SameDiffVertex getUnderlying() {
    return underlying;
  }

  public void setUnderlying(SameDiffVertex underlying) {
    this.underlying = underlying;
  }

  public @Nullable IUpdater getUpdater() {
    return updater;
  }

  public void setUpdater(@Nullable IUpdater updater) {
    this.updater = updater;
  }

  /** What trains copies of biases, if not what trains all else. */
  public @Nullable IUpdater getBiasUpdater() {
    return biasUpdater;
  }

  public void setBiasUpdater(@Nullable IUpdater updater) {
    biasUpdater = updater;
  }

  /** The adapters whose tensors are this one's parameters, as {@link AdapterContext} says it. */
  @JsonProperty("adapters")
  public List<String> getAdapters() {
    return saved == null ? context().description(vertexName) : saved;
  }

  @JsonProperty("adapters")
  public void setAdapters(List<String> adapters) {
    saved = List.copyOf(adapters);
  }

  void setContext(AdapterContext other) {
    context = other;
    contextKey = other.key();
  }

  /** The active slots here. */
  List<Slot> slots() {
    return context().slots(getVertexName());
  }

  AdapterContext context() {
    if (context == null) {
      context = AdapterContext.lookUp(contextKey);
    }
    return context;
  }

  /** The class of the base model's vertex. */
  String typeName() {
    return original().getClass().getSimpleName();
  }

  private SameDiffVertex original() {
    return Objects.requireNonNull(underlying, "underlying");
  }

  /** What decays a parameter: a copy of a bias as the vertex' biases, all else as its weights. */
  List<Regularization> regularization(String parameter) {
    List<Regularization> regularization =
        isBias(parameter) ? original().getRegularizationBias() : original().getRegularization();
    return regularization == null ? List.of() : regularization;
  }

  /** What trains a parameter: a copy of a bias as the vertex' biases, all else as its weights. */
  @Nullable IUpdater updater(String parameter) {
    return isBias(parameter) && biasUpdater != null ? biasUpdater : updater;
  }

  private boolean isBias(String parameter) {
    return context().copiedBias(vertexName, parameter).isPresent();
  }

  void setLearningRate(LearningRate rate) {
    updater = rate.in(updater);
    biasUpdater = biasUpdater == null ? null : rate.in(biasUpdater);
  }

  GradientNormalization gradientNormalization() {
    GradientNormalization normalization = original().getGradientNormalization();
    return normalization == null ? GradientNormalization.None : normalization;
  }

  double gradientNormalizationThreshold() {
    return original().getGradientNormalizationThreshold();
  }

  @Override
  public AdaptedVertexConf clone() {
    AdaptedVertexConf clone = new AdaptedVertexConf();
    clone.contextKey = contextKey;
    clone.vertexName = vertexName;
    clone.underlying = underlying;
    clone.updater = updater;
    clone.biasUpdater = biasUpdater;
    clone.context = context;
    clone.saved = saved;
    return clone;
  }

  @Override
  public long numParams(boolean backwards) {
    return context().count(vertexName);
  }

  @Override
  public int minVertexInputs() {
    return original().minVertexInputs();
  }

  @Override
  public int maxVertexInputs() {
    return original().maxVertexInputs();
  }

  @Override
  public org.deeplearning4j.nn.graph.vertex.GraphVertex instantiate(
      ComputationGraph graph,
      String name,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    if (saved != null) {
      context().requireActive(vertexName, saved);
    }
    LayerGrafts grafts = context().bind(name, parameters);
    if (initialize) {
      VectorSlice.assignValues(context().slots(name), parameters);
    }
    TwinVertex inner = context().vertex(name).build(graph, name, index, grafts, type);
    boolean miniBatch = graph.getConfiguration().getDefaultConfiguration().isMiniBatch();
    return new AdaptedVertex(inner, this, grafts, parameters, miniBatch);
  }

  @Override
  public InputType getOutputType(int index, InputType... inputs) {
    return original().getOutputType(index, inputs);
  }

  @Override
  public MemoryReport getMemoryReport(InputType... inputs) {
    return original().getMemoryReport(inputs);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AdaptedVertexConf conf
        && Objects.equals(contextKey, conf.contextKey)
        && vertexName.equals(conf.vertexName);
  }

  @Override
  public int hashCode() {
    return Objects.hash(contextKey, vertexName);
  }
}
