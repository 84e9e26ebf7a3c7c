package org.peft4j.transformers.internal.layer;

import java.util.Collection;
import java.util.List;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.params.EmptyParamInitializer;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * The configuration of a coarse layer: no parameters, but a key to the frozen weights. Updater and
 * regularisation apply to its adapters.
 */
public abstract class TransformerLayerConf extends Layer {
  private static final long serialVersionUID = 1L;

  private @Nullable String modelKey;
  private @Nullable IUpdater updater;
  private List<Regularization> regularization = List.of();
  private transient @Nullable FrozenModel model;

  protected TransformerLayerConf() {}

  protected TransformerLayerConf(FrozenModel model) {
    this.modelKey = model.key();
    this.model = model;
  }

  public @Nullable String getModelKey() {
    return modelKey;
  }

  public void setModelKey(String modelKey) {
    this.modelKey = modelKey;
  }

  public @Nullable IUpdater getUpdater() {
    return updater;
  }

  public void setUpdater(IUpdater updater) {
    this.updater = updater;
  }

  public List<Regularization> getRegularization() {
    return regularization;
  }

  public void setRegularization(List<Regularization> regularization) {
    this.regularization = List.copyOf(regularization);
  }

  protected abstract List<Site> sites(FrozenModel frozen);

  protected abstract FrozenLayer layer(
      NeuralNetConfiguration configuration, FrozenModel frozen, LayerGrafts grafts);

  /** The architecture of its model. */
  public ModelArchitecture architecture() {
    return frozen().architecture();
  }

  private FrozenModel frozen() {
    FrozenModel known = model;
    if (known == null) {
      known = FrozenModel.lookUp(modelKey);
      model = known;
    }
    return known;
  }

  @Override
  public final org.deeplearning4j.nn.api.Layer instantiate(
      NeuralNetConfiguration configuration,
      Collection<TrainingListener> listeners,
      int index,
      @Nullable INDArray parameters,
      boolean initialize,
      DataType type) {
    FrozenModel frozen = frozen();
    LayerGrafts none = LayerGrafts.none(sites(frozen), KernelChoice.kernels());
    FrozenLayer layer = layer(configuration, frozen, none);
    layer.setListeners(listeners);
    layer.setIndex(index);
    return layer;
  }

  @Override
  public final ParamInitializer initializer() {
    return EmptyParamInitializer.getInstance();
  }

  @Override
  public final InputType getOutputType(int index, InputType input) {
    return input;
  }

  @Override
  public final void setNIn(InputType input, boolean override) {
    // Shapes come from the checkpoint.
  }

  @Override
  public final @Nullable InputPreProcessor getPreProcessorForInputType(InputType input) {
    return null;
  }

  @Override
  public final List<Regularization> getRegularizationByParam(String parameter) {
    return regularization;
  }

  @Override
  public final @Nullable IUpdater getUpdaterByParam(String parameter) {
    return updater;
  }

  @Override
  public final GradientNormalization getGradientNormalization() {
    return GradientNormalization.None;
  }

  @Override
  public final double getGradientNormalizationThreshold() {
    return 1;
  }

  @Override
  public final boolean isPretrainParam(String parameter) {
    return false;
  }

  @Override
  public final LayerMemoryReport getMemoryReport(InputType input) {
    return new LayerMemoryReport.Builder(getLayerName(), getClass(), input, input)
        .standardMemory(0, 0)
        .workingMemory(0, 0, 0, 0)
        .build();
  }
}
