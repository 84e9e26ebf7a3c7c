package org.peft4j.internal.adapted;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.TwinLayer;

/**
 * The configuration of a frozen layer that carries adapters: its parameters are the active
 * adapters' alone, its arrays are the base model's. Updater and regularisation are the original
 * layer's: copies of its biases train as it has its biases train, all else as its weights.
 */
public final class AdaptedLayerConf extends BaseWrapperLayer {
  private static final long serialVersionUID = 1L;

  private @Nullable String contextKey;
  private @Nullable IUpdater updater;
  private @Nullable IUpdater biasUpdater;
  private transient @Nullable AdapterContext context;

  /** The adapters of a file's parameters; null where this was not read from a file. */
  private transient @Nullable List<String> saved;

  /** For deserialisation. */
  public AdaptedLayerConf() {}

  public AdaptedLayerConf(
      org.deeplearning4j.nn.conf.layers.Layer underlying, AdapterContext context) {
    super(underlying);
    this.layerName = underlying.getLayerName();
    this.contextKey = context.key();
    this.context = context;
  }

  public @Nullable String getContextKey() {
    return contextKey;
  }

  public void setContextKey(String contextKey) {
    this.contextKey = contextKey;
  }

  /** What trains the adapters, if not the original layer's updater. */
  public @Nullable IUpdater getUpdater() {
    return updater;
  }

  public void setUpdater(@Nullable IUpdater updater) {
    this.updater = updater;
  }

  /** What trains copies of biases, if not the original layer's updater. */
  public @Nullable IUpdater getBiasUpdater() {
    return biasUpdater;
  }

  public void setBiasUpdater(@Nullable IUpdater updater) {
    biasUpdater = updater;
  }

  void setLearningRate(LearningRate rate) {
    biasUpdater =
        biasKeys().stream()
            .findFirst()
            .map(bias -> biasUpdater == null ? original().getUpdaterByParam(bias) : biasUpdater)
            .map(rate::in)
            .orElse(null);
    updater = rate.in(getUpdaterByParam(""));
  }

  private List<String> biasKeys() {
    List<String> keys = original().initializer().biasKeys(original());
    return keys == null ? List.of() : keys;
  }

  /** The adapters whose tensors are this one's parameters, as {@link AdapterContext} says it. */
  @JsonProperty("adapters")
  public List<String> getAdapters() {
    return saved == null ? context().description(getLayerName()) : saved;
  }

  @JsonProperty("adapters")
  public void setAdapters(List<String> adapters) {
    saved = List.copyOf(adapters);
  }

  void setContext(AdapterContext other) {
    context = other;
    contextKey = other.key();
  }

  AdapterContext context() {
    if (context == null) {
      context = AdapterContext.lookUp(contextKey);
    }
    return context;
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    if (saved != null) {
      context().requireActive(getLayerName(), saved);
    }
    LayerGrafts grafts = context().bind(getLayerName(), parameters);
    if (initialize) {
      VectorSlice.assignValues(context().slots(getLayerName()), parameters);
    }
    TwinLayer inner = context().layer(getLayerName()).build(conf, index, grafts, type);
    AdaptedLayer layer = AdaptedLayer.around(inner, conf, grafts);
    layer.bind(parameters, initializer().init(conf, parameters, false));
    if (listeners != null) {
      layer.setListeners(listeners);
    }
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return AdapterParameters.INSTANCE;
  }

  @Override
  public IUpdater getUpdaterByParam(String parameter) {
    Optional<String> bias = context().copiedBias(getLayerName(), parameter);
    if (bias.isPresent()) {
      return biasUpdater == null ? original().getUpdaterByParam(bias.get()) : biasUpdater;
    }
    return updater == null ? original().getUpdaterByParam(weightKey()) : updater;
  }

  @Override
  public List<Regularization> getRegularizationByParam(String parameter) {
    String own = context().copiedBias(getLayerName(), parameter).orElseGet(this::weightKey);
    List<Regularization> regularization = original().getRegularizationByParam(own);
    return regularization == null ? List.of() : regularization;
  }

  /** The layer that carries the adapters, out of wrappers, which have no updater. */
  private org.deeplearning4j.nn.conf.layers.Layer original() {
    org.deeplearning4j.nn.conf.layers.Layer layer = getUnderlying();
    while (true) {
      if (layer instanceof FrozenLayer wrapper) {
        layer = wrapper.getLayer();
      } else if (layer instanceof BaseWrapperLayer wrapper) {
        layer = wrapper.getUnderlying();
      } else {
        return layer;
      }
    }
  }

  /**
   * The name by which the original layer knows its weight, or its first parameter; any name will do
   * for a layer whose weights are outside of Deeplearning4j.
   */
  private String weightKey() {
    org.deeplearning4j.nn.conf.layers.Layer original = original();
    List<String> weights = original.initializer().weightKeys(original);
    List<String> keys =
        weights == null || weights.isEmpty() ? original.initializer().paramKeys(original) : weights;
    return keys == null || keys.isEmpty() ? "W" : keys.get(0);
  }

  @Override
  public GradientNormalization getGradientNormalization() {
    GradientNormalization normalization = getUnderlying().getGradientNormalization();
    return normalization == null ? GradientNormalization.None : normalization;
  }

  @Override
  public boolean isPretrainParam(String parameter) {
    return false;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AdaptedLayerConf conf
        && Objects.equals(contextKey, conf.contextKey)
        && Objects.equals(getLayerName(), conf.getLayerName())
        && Objects.equals(updater, conf.updater)
        && Objects.equals(biasUpdater, conf.biasUpdater)
        && Objects.equals(getUnderlying(), conf.getUnderlying());
  }

  @Override
  public int hashCode() {
    return Objects.hash(contextKey, getLayerName());
  }
}
