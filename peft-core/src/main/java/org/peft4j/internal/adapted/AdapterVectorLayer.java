package org.peft4j.internal.adapted;

import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.TrainingConfig;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.LayerGrafts;

/**
 * The part of an adapted layer that presents the adapters' parameters and gradients to
 * Deeplearning4j.
 */
abstract class AdapterVectorLayer extends BaseWrapperLayer implements AdaptedPart {
  private final transient NeuralNetConfiguration configuration;
  private final transient LayerGrafts grafts;
  private @Nullable INDArray parameters;
  private @Nullable INDArray gradients;
  private Map<String, INDArray> parameterTable = Map.of();
  private transient Map<String, INDArray> gradientTable = Map.of();

  AdapterVectorLayer(Layer inner, NeuralNetConfiguration configuration, LayerGrafts grafts) {
    super(inner);
    this.configuration = configuration;
    this.grafts = grafts;
  }

  final AdaptedLayerConf adaptedConf() {
    return (AdaptedLayerConf) configuration.getLayer();
  }

  @Override
  public final LayerGrafts grafts() {
    return grafts;
  }

  void bind(@Nullable INDArray vector, Map<String, INDArray> table) {
    parameters = vector;
    parameterTable = table;
  }

  /**
   * Fails if a gradient is not finite, and names the tensor.
   *
   * @throws org.peft4j.error.NonFiniteException if one is infinite or NaN
   */
  final void requireFiniteGradients() {
    AdapterGradients.requireFinite(
        gradients, gradientTable, AdapterParameters.slots(adaptedConf()), getIterationCount());
  }

  @Override
  public double calcRegularizationScore(boolean backpropParamsOnly) {
    if (parameterTable.isEmpty()) {
      return 0;
    }
    double score = grafts.penalty();
    for (Map.Entry<String, INDArray> parameter : parameterTable.entrySet()) {
      for (Regularization r : adaptedConf().getRegularizationByParam(parameter.getKey())) {
        score += r.score(parameter.getValue(), getIterationCount(), getEpochCount());
      }
    }
    return score;
  }

  @Override
  public NeuralNetConfiguration conf() {
    return configuration;
  }

  @Override
  public TrainingConfig getConfig() {
    return adaptedConf();
  }

  @Override
  public PartSummary summary() {
    AdaptedLayerConf conf = adaptedConf();
    return PartSummary.of(
        conf.getLayerName(),
        conf.getUnderlying().getClass().getSimpleName(),
        PartSummary.widths(conf.getUnderlying()),
        conf.context(),
        parameterTable);
  }

  @Override
  public void setLearningRate(LearningRate rate) {
    adaptedConf().setLearningRate(rate);
  }

  @Override
  public @Nullable INDArray params() {
    return parameters;
  }

  @Override
  public long numParams() {
    return parameters == null ? 0 : parameters.length();
  }

  @Override
  public long numParams(boolean backwards) {
    return numParams();
  }

  @Override
  public void setParams(INDArray values) {
    if (parameters != null && values != parameters) {
      parameters.assign(values.reshape(parameters.shape()));
    }
  }

  @Override
  public void setParamsViewArray(INDArray vector) {
    bind(vector, adaptedConf().initializer().getGradientsFromFlattened(configuration, vector));
  }

  @Override
  public @Nullable INDArray getGradientsViewArray() {
    return gradients;
  }

  @Override
  public void setBackpropGradientsViewArray(INDArray vector) {
    gradients = vector;
    gradientTable = adaptedConf().initializer().getGradientsFromFlattened(configuration, vector);
    VectorSlice.bindGradients(
        adaptedConf().context().slots(adaptedConf().getLayerName()), grafts, vector);
  }

  @Override
  public @Nullable INDArray getParam(String parameter) {
    return parameterTable.get(parameter);
  }

  @Override
  public void setParam(String parameter, INDArray value) {
    INDArray target = parameterTable.get(parameter);
    if (target == null) {
      throw new PeftException(
          "No parameter \"" + parameter + "\" here. There are: " + parameterTable.keySet() + ".");
    }
    target.assign(value);
  }

  @Override
  public Map<String, INDArray> paramTable() {
    return parameterTable;
  }

  @Override
  public Map<String, INDArray> paramTable(boolean backpropParamsOnly) {
    return parameterTable;
  }

  @Override
  public void setParamTable(Map<String, INDArray> table) {
    table.forEach(this::setParam);
  }

  @Override
  public void update(INDArray gradient, String parameter) {
    INDArray target = parameterTable.get(parameter);
    if (target != null) {
      target.addi(gradient.reshape(target.shape()));
    }
  }

  @Override
  public void update(Gradient gradient) {
    gradient.gradientForVariable().forEach((name, value) -> update(value, name));
  }

  @Override
  public Gradient gradient() {
    return AdapterGradients.of(gradientTable);
  }

  @Override
  public void applyConstraints(int iteration, int epoch) {
    // Constraints are on the frozen parameters, which do not change.
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
