package org.peft4j.transformers.internal.layer;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.AbstractLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.site.Site;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.weight.FrozenWeight;

/**
 * A coarse layer over a model's frozen weights: it has no parameters, and writes the gradients of
 * its adapters.
 */
public abstract class FrozenLayer extends AbstractLayer<Layer> implements SiteLayer {
  private static final long serialVersionUID = 1L;

  private final transient FrozenModel model;
  private final transient List<Site> sites;
  private final transient LayerGrafts grafts;

  protected FrozenLayer(
      NeuralNetConfiguration configuration,
      FrozenModel model,
      List<Site> sites,
      LayerGrafts grafts) {
    super(configuration, model.weights().dataType());
    this.model = model;
    this.sites = List.copyOf(sites);
    this.grafts = grafts;
  }

  public final FrozenModel model() {
    return model;
  }

  protected final LayerGrafts grafts() {
    return grafts;
  }

  /** Whether a forward pass must keep results for a backward pass. */
  public final boolean willGoBack(boolean training) {
    return training && (grafts.trains() || grafts.inputGradientNeeded());
  }

  /** Whether the model has an encoder and a decoder. */
  protected final boolean twoStacks() {
    return model.architecture().encoder().isPresent();
  }

  protected final Pair<Gradient, @Nullable INDArray> back(@Nullable INDArray inputGradient) {
    return new Pair<>(new DefaultGradient(), inputGradient);
  }

  /** The result of a layer whose input gradient is not needed: Deeplearning4j wants an array. */
  protected final INDArray zeroInputGradient(LayerWorkspaceMgr workspaces) {
    return workspaces.create(ArrayType.ACTIVATION_GRAD, dataType, input.shape(), 'c');
  }

  @Override
  public final List<Site> sites() {
    return sites;
  }

  @Override
  public final FrozenWeight frozen(Site site, String parameter) {
    return model.weights().get(parameter.isEmpty() ? site.name() : site.name() + "." + parameter);
  }

  @Override
  public final Optional<String> modelType() {
    return Optional.of(model.architecture().modelType());
  }

  @Override
  public final boolean updaterDivideByMinibatch(String parameter) {
    return false; // The loss is a mean over tokens already.
  }

  @Override
  public final boolean isPretrainLayer() {
    return false;
  }

  @Override
  public final void clearNoiseWeightParams() {
    // There is no weight noise.
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
