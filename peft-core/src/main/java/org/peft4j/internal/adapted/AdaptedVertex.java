package org.peft4j.internal.adapted;

import java.util.Map;
import org.deeplearning4j.nn.api.TrainingConfig;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.vertex.BaseWrapperVertex;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.PassHooks;
import org.peft4j.internal.original.TwinVertex;

/**
 * A frozen vertex as Deeplearning4j sees it: parameters and gradients are the adapters', forward
 * and backward are the inner vertex'.
 */
public final class AdaptedVertex extends BaseWrapperVertex implements AdaptedPart {
  private final transient PassHooks hooks;
  private final transient AdaptedVertexConf conf;
  private final transient LayerGrafts grafts;
  private final boolean miniBatch;
  private final @Nullable INDArray parameters;
  private final Map<String, INDArray> parameterTable;
  private @Nullable INDArray gradients;
  private transient Map<String, INDArray> gradientTable = Map.of();

  /**
   * @param miniBatch whether the updater divides gradients by the size of the batch
   */
  AdaptedVertex(
      TwinVertex inner,
      AdaptedVertexConf conf,
      LayerGrafts grafts,
      @Nullable INDArray parameters,
      boolean miniBatch) {
    super(inner.vertex());
    this.miniBatch = miniBatch;
    this.hooks = inner.hooks();
    this.conf = conf;
    this.grafts = grafts;
    this.parameters = parameters;
    this.parameterTable = VectorSlice.table(conf.slots(), parameters);
  }

  @Override
  public LayerGrafts grafts() {
    return grafts;
  }

  @Override
  public PartSummary summary() {
    return PartSummary.of(
        conf.getVertexName(), conf.typeName(), "-", conf.context(), parameterTable);
  }

  @Override
  public boolean ownsMemory() {
    return hooks.ownsMemory();
  }

  @Override
  public void close() {
    hooks.close();
  }

  @Override
  public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    hooks.newInput();
    hooks.beforeForward(training);
    return super.doForward(training, workspaces);
  }

  @Override
  public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
    AdapterGradients.requireActing(grafts, conf.context().shared().activity());
    if (!grafts.trains() && !grafts.inputGradientNeeded()) {
      return new Pair<>(new DefaultGradient(), zeroEpsilons(workspaces));
    }
    hooks.beforeBackward(workspaces);
    if (hooks.epsilonScale() != 1) {
      setEpsilon(getEpsilon().mul(hooks.epsilonScale()));
    }
    Pair<Gradient, INDArray[]> result = super.doBackward(tbptt, workspaces);
    hooks.afterBackward(result.getFirst());
    boolean divided = miniBatch && updaterDivideByMinibatch("");
    grafts.addPenaltyGradients(divided ? getInputs()[0].size(0) : 1);
    AdapterGradients.requireFinite(gradients, gradientTable, conf.slots(), 0);
    return new Pair<>(AdapterGradients.of(gradientTable), result.getSecond());
  }

  private INDArray[] zeroEpsilons(LayerWorkspaceMgr workspaces) {
    INDArray[] inputs = getInputs();
    INDArray[] zeros = new INDArray[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      zeros[i] =
          workspaces.create(
              ArrayType.ACTIVATION_GRAD, inputs[i].dataType(), inputs[i].shape(), 'c');
    }
    return zeros;
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
  public Map<String, INDArray> paramTable(boolean backpropOnly) {
    return parameterTable;
  }

  @Override
  public @Nullable INDArray getGradientsViewArray() {
    return gradients;
  }

  @Override
  public void setBackpropGradientsViewArray(INDArray vector) {
    gradients = vector;
    gradientTable = VectorSlice.table(conf.slots(), vector);
    VectorSlice.bindGradients(conf.slots(), grafts, vector);
  }

  @Override
  public TrainingConfig getConfig() {
    return new AdaptedVertexTraining(conf);
  }

  @Override
  public void setLearningRate(LearningRate rate) {
    conf.setLearningRate(rate);
  }

  @Override
  public String toString() {
    return "AdaptedVertex(" + conf.getVertexName() + ")";
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
