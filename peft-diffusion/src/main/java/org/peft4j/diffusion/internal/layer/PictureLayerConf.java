package org.peft4j.diffusion.internal.layer;

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
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.kernel.KernelChoice;

/**
 * The configuration of a stage as a layer: no parameters, but a key to the frozen weights. Updater
 * and regularisation apply to its adapters.
 */
public final class PictureLayerConf extends Layer {
  private static final long serialVersionUID = 1L;

  private @Nullable String modelKey;
  private int stage;
  private @Nullable IUpdater updater;
  private List<Regularization> regularization = List.of();
  private transient @Nullable PictureModel model;

  /** For deserialisation. */
  public PictureLayerConf() {}

  /**
   * The stage of that number.
   *
   * @param updater of the adapters at its sites
   * @param regularization of the same
   */
  public PictureLayerConf(
      PictureModel model, int stage, IUpdater updater, List<Regularization> regularization) {
    this.modelKey = model.key();
    this.model = model;
    this.stage = stage;
    this.updater = updater;
    this.regularization = List.copyOf(regularization);
  }

  public @Nullable String getModelKey() {
    return modelKey;
  }

  public void setModelKey(String modelKey) {
    this.modelKey = modelKey;
  }

  public int getStage() {
    return stage;
  }

  public void setStage(int stage) {
    this.stage = stage;
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

  private PictureModel model() {
    PictureModel known = model;
    if (known == null) {
      known = PictureModel.lookUp(modelKey);
      model = known;
    }
    return known;
  }

  @Override
  public org.deeplearning4j.nn.api.Layer instantiate(
      NeuralNetConfiguration configuration,
      Collection<TrainingListener> listeners,
      int index,
      @Nullable INDArray parameters,
      boolean initialize,
      DataType type) {
    Stage described = model().architecture().stages().get(stage);
    LayerGrafts none = LayerGrafts.none(described.sites(), KernelChoice.kernels());
    PictureLayer layer = PictureLayer.of(configuration, model(), described, none);
    layer.setListeners(listeners);
    layer.setIndex(index);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return EmptyParamInitializer.getInstance();
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return input;
  }

  @Override
  public void setNIn(InputType input, boolean override) {
    // Shapes come from the checkpoint.
  }

  @Override
  public @Nullable InputPreProcessor getPreProcessorForInputType(InputType input) {
    return null;
  }

  @Override
  public List<Regularization> getRegularizationByParam(String parameter) {
    return regularization;
  }

  @Override
  public @Nullable IUpdater getUpdaterByParam(String parameter) {
    return updater;
  }

  @Override
  public GradientNormalization getGradientNormalization() {
    return GradientNormalization.None;
  }

  @Override
  public double getGradientNormalizationThreshold() {
    return 1;
  }

  @Override
  public boolean isPretrainParam(String parameter) {
    return false;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType input) {
    return new LayerMemoryReport.Builder(getLayerName(), getClass(), input, input)
        .standardMemory(0, 0)
        .workingMemory(0, 0, 0, 0)
        .build();
  }
}
