package org.peft4j.internal.wrapped;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.FwdPassType;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.schedule.ISchedule;
import org.peft4j.internal.adapted.AdaptedPart;
import org.peft4j.internal.adapted.CloneContext;
import org.peft4j.internal.adapted.LearningRate;
import org.peft4j.internal.adapted.PartSummary;

/**
 * A network of adapted layers whose parameter vector can be laid out again when adapters change.
 */
public final class PeftNetwork extends MultiLayerNetwork implements Relayable<Layer> {
  private static final long serialVersionUID = 1L;

  private final transient TrainingGuard training = new TrainingGuard();
  private final transient Traffic traffic;

  PeftNetwork(MultiLayerConfiguration configuration, Traffic traffic) {
    super(configuration);
    this.traffic = traffic;
  }

  @Override
  public void layOut(@Nullable INDArray parameters) {
    initCalled = false;
    layers = null;
    init(parameters, false);
  }

  @Override
  public Layout<Layer> layout() {
    return Layout.of(layers, new LinkedHashMap<>(layerMap), layers, flattenedParams, conf());
  }

  @Override
  public void layOut(Layout<Layer> layout) {
    layers = layout.layers();
    layerMap.putAll(layout.byName());
    flattenedParams = layout.parameters();
    layout.restoreKeys();
  }

  @Override
  public void beforeTraining(Runnable task) {
    training.before(task);
  }

  @Override
  public @Nullable Updater getUpdater(boolean create) {
    training.prepare();
    return super.getUpdater(create);
  }

  @Override
  public void forgetPasses() {
    rnnClearPreviousState();
    clearLayersStates();
    Relayable.close(flattenedGradients);
    flattenedGradients = null;
    gradient = null;
    solver = null;
  }

  @Override
  public void setLearningRate(double rate) {
    set(LearningRate.of(rate), (Object[]) layers);
  }

  @Override
  public void setLearningRate(ISchedule schedule) {
    set(LearningRate.of(schedule), (Object[]) layers);
  }

  @Override
  public void setLearningRate(int layer, double rate) {
    set(LearningRate.of(rate), getLayer(layer));
  }

  @Override
  public void setLearningRate(int layer, ISchedule schedule) {
    set(LearningRate.of(schedule), getLayer(layer));
  }

  private void set(LearningRate rate, Object... parts) {
    rate.set(Layout.adapted(parts));
    if (solver != null && numParams() > 0) {
      // Finds no layer whose rate it could set, and makes the updater anew over its state.
      super.setLearningRate(rate.fixed());
    }
  }

  @Override
  public @Nullable Double getLearningRate(int layer) {
    return LearningRate.now(Layout.adapted(getLayer(layer)), getIterationCount(), getEpochCount());
  }

  @Override
  public void computeGradientAndScore() {
    traffic.pass(
        () ->
            training.step(
                super::computeGradientAndScore,
                this::score,
                this::getIterationCount,
                this::clearLayerMaskArrays));
  }

  @Override
  protected INDArray outputOfLayerDetached(
      boolean train,
      FwdPassType type,
      int wanted,
      INDArray features,
      @Nullable INDArray masks,
      @Nullable INDArray labelMasks,
      @Nullable MemoryWorkspace workspace) {
    return traffic.pass(
        features,
        () ->
            super.outputOfLayerDetached(
                train, type, wanted, features, masks, labelMasks, workspace));
  }

  @Override
  protected List<INDArray> ffToLayerActivationsDetached(
      boolean train,
      FwdPassType type,
      boolean store,
      int last,
      INDArray features,
      @Nullable INDArray masks,
      @Nullable INDArray labelMasks,
      boolean clear) {
    return traffic.pass(
        features,
        () ->
            super.ffToLayerActivationsDetached(
                train, type, store, last, features, masks, labelMasks, clear));
  }

  @Override
  protected List<INDArray> ffToLayerActivationsInWs(
      int last,
      FwdPassType type,
      boolean store,
      INDArray features,
      @Nullable INDArray masks,
      @Nullable INDArray labelMasks) {
    return traffic.pass(
        features,
        () -> super.ffToLayerActivationsInWs(last, type, store, features, masks, labelMasks));
  }

  @Override
  protected Pair<Gradient, INDArray> calcBackpropGradients(
      @Nullable INDArray epsilon, boolean withOutput, boolean truncated, boolean inputGradient) {
    return traffic.pass(
        () -> super.calcBackpropGradients(epsilon, withOutput, truncated, inputGradient));
  }

  @Override
  public double score(DataSet data, boolean train) {
    return traffic.pass(() -> super.score(data, train));
  }

  @Override
  public INDArray scoreExamples(DataSet data, boolean regularised) {
    return traffic.pass(() -> super.scoreExamples(data, regularised));
  }

  @Override
  public void fit(DataSetIterator data) {
    traffic.training(numParams(), () -> super.fit(data));
  }

  @Override
  public void fit(
      INDArray features,
      INDArray expected,
      @Nullable INDArray masks,
      @Nullable INDArray labelMasks) {
    traffic.training(numParams(), () -> super.fit(features, expected, masks, labelMasks));
  }

  @Override
  public void pretrain(DataSetIterator data, int epochs) {
    throw BaseOnly.pretraining();
  }

  @Override
  public void pretrainLayer(int layer, DataSetIterator data, int epochs) {
    throw BaseOnly.pretraining();
  }

  @Override
  public void pretrainLayer(int layer, INDArray features) {
    throw BaseOnly.pretraining();
  }

  @Override
  public MultiLayerNetwork convertDataType(DataType type) {
    throw BaseOnly.converting("convertDataType");
  }

  @Override
  public ComputationGraph toComputationGraph() {
    throw BaseOnly.converting("toComputationGraph");
  }

  /** Layers by the base model's names and classes, with what is frozen and what trains. */
  @Override
  public String summary(@Nullable InputType inputs) {
    List<PartSummary> parts = Layout.adapted((Object[]) layers).map(AdaptedPart::summary).toList();
    Map<String, InputType> outputs = new HashMap<>();
    if (inputs != null) {
      List<InputType> types = layerWiseConfigurations.getLayerActivationTypes(inputs);
      for (int i = 0; i < types.size(); i++) {
        outputs.put(parts.get(i).name(), types.get(i));
      }
    }
    return NetworkSummary.of(parts, outputs);
  }

  @Override
  public int layerSize(int layer) {
    return super.layerSize(layer) + (int) LayerWidth.out(getLayer(layer));
  }

  @Override
  public int layerInputSize(int layer) {
    return super.layerInputSize(layer) + (int) LayerWidth.in(getLayer(layer));
  }

  /**
   * A copy with values, counters and optimizer state of its own over the same frozen weights. What
   * is disabled here acts there. Public in a public class: an in-memory model saver calls it by
   * reflection.
   */
  @Override
  public MultiLayerNetwork clone() {
    MultiLayerConfiguration copy = layerWiseConfigurations.clone();
    PeftNetwork clone = new PeftNetwork(copy, traffic.ofClone(CloneContext.replace(copy)));
    clone.init(Relayable.copy(flattenedParams), false);
    Updater updater = solver == null ? null : getUpdater(true);
    if (updater != null && updater.getStateViewArray() != null) {
      Objects.requireNonNull(clone.getUpdater(true))
          .setStateViewArray(clone, updater.getStateViewArray().dup(), false);
    }
    return clone;
  }
}
