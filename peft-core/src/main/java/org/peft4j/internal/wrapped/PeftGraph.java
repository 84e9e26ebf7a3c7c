package org.peft4j.internal.wrapped;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.FwdPassType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.schedule.ISchedule;
import org.peft4j.internal.adapted.AdaptedPart;
import org.peft4j.internal.adapted.CloneContext;
import org.peft4j.internal.adapted.LearningRate;
import org.peft4j.internal.adapted.PartSummary;

/** A graph of adapted layers whose parameter vector can be laid out again when adapters change. */
public final class PeftGraph extends ComputationGraph implements Relayable<GraphVertex> {
  private static final long serialVersionUID = 1L;

  private final transient TrainingGuard training = new TrainingGuard();
  private final transient Traffic traffic;

  PeftGraph(ComputationGraphConfiguration configuration, Traffic traffic) {
    super(configuration);
    this.traffic = traffic;
  }

  @Override
  public void layOut(@Nullable INDArray parameters) {
    initCalled = false;
    init(parameters, false);
  }

  @Override
  public Layout<GraphVertex> layout() {
    return Layout.of(vertices, verticesMap, layers, flattenedParams, conf());
  }

  @Override
  public void layOut(Layout<GraphVertex> layout) {
    vertices = layout.parts();
    verticesMap = layout.byName();
    layers = layout.layers();
    flattenedParams = layout.parameters();
    layout.restoreKeys();
  }

  /** Deeplearning4j counts layers only; here vertices have parameters too. */
  @Override
  public long numParams() {
    return flattenedParams == null ? 0 : flattenedParams.length();
  }

  @Override
  public long numParams(boolean backwards) {
    return numParams();
  }

  @Override
  public void beforeTraining(Runnable task) {
    training.before(task);
  }

  @Override
  public @Nullable ComputationGraphUpdater getUpdater(boolean create) {
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

  /** Layers and vertices by the base model's names and classes, in the order of the passes. */
  @Override
  public String summary(InputType @Nullable ... inputs) {
    List<PartSummary> parts = new ArrayList<>();
    for (int index : topologicalSortOrder()) {
      parts.add(summary(vertices[index]));
    }
    // A clone, because asking for types sets missing sizes.
    Map<String, InputType> outputs =
        inputs == null || inputs.length == 0
            ? Map.of()
            : configuration.clone().getLayerActivationTypes(true, inputs);
    return NetworkSummary.of(parts, outputs);
  }

  private static PartSummary summary(GraphVertex vertex) {
    return Layout.adapted(vertex)
        .map(AdaptedPart::summary)
        .findFirst()
        .orElseGet(
            () -> PartSummary.without(vertex.getVertexName(), vertex.getClass().getSimpleName()));
  }

  @Override
  public void setLearningRate(double rate) {
    set(LearningRate.of(rate), (Object[]) vertices);
  }

  @Override
  public void setLearningRate(ISchedule schedule) {
    set(LearningRate.of(schedule), (Object[]) vertices);
  }

  @Override
  public void setLearningRate(String layer, double rate) {
    set(LearningRate.of(rate), getLayer(layer));
  }

  @Override
  public void setLearningRate(String layer, ISchedule schedule) {
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
  public @Nullable Double getLearningRate(String layer) {
    return LearningRate.now(
        Layout.adapted(getLayer(layer)),
        configuration.getIterationCount(),
        configuration.getEpochCount());
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
  protected INDArray[] outputOfLayersDetached(
      boolean train,
      FwdPassType type,
      int[] wanted,
      INDArray[] features,
      INDArray @Nullable [] masks,
      INDArray @Nullable [] labelMasks,
      boolean clear,
      boolean detached,
      @Nullable MemoryWorkspace workspace) {
    return traffic.pass(
        features[0],
        () ->
            super.outputOfLayersDetached(
                train, type, wanted, features, masks, labelMasks, clear, detached, workspace));
  }

  @Override
  protected Map<String, INDArray> ffToLayerActivationsDetached(
      boolean train,
      FwdPassType type,
      boolean store,
      int last,
      int @Nullable [] excluded,
      INDArray[] features,
      INDArray @Nullable [] masks,
      INDArray @Nullable [] labelMasks,
      boolean clear) {
    return traffic.pass(
        features[0],
        () ->
            super.ffToLayerActivationsDetached(
                train, type, store, last, excluded, features, masks, labelMasks, clear));
  }

  @Override
  protected Map<String, INDArray> ffToLayerActivationsInWS(
      boolean train,
      int last,
      int @Nullable [] excluded,
      FwdPassType type,
      boolean store,
      INDArray[] features,
      INDArray @Nullable [] masks,
      INDArray @Nullable [] labelMasks,
      boolean clear) {
    return traffic.pass(
        features[0],
        () ->
            super.ffToLayerActivationsInWS(
                train, last, excluded, type, store, features, masks, labelMasks, clear));
  }

  @Override
  protected void calcBackpropGradients(
      boolean clear, boolean truncated, INDArray @Nullable ... epsilons) {
    traffic.pass(() -> super.calcBackpropGradients(clear, truncated, epsilons));
  }

  @Override
  public double score(DataSet data, boolean train) {
    return traffic.pass(() -> super.score(data, train));
  }

  @Override
  public double score(MultiDataSet data, boolean train) {
    return traffic.pass(() -> super.score(data, train));
  }

  @Override
  public INDArray scoreExamples(MultiDataSet data, boolean regularised) {
    return traffic.pass(() -> super.scoreExamples(data, regularised));
  }

  @Override
  public void fit(MultiDataSetIterator data) {
    traffic.training(numParams(), () -> super.fit(data));
  }

  @Override
  public void fit(
      INDArray[] features,
      INDArray[] expected,
      INDArray @Nullable [] masks,
      INDArray @Nullable [] labelMasks) {
    traffic.training(numParams(), () -> super.fit(features, expected, masks, labelMasks));
  }

  @Override
  public void pretrain(DataSetIterator data, int epochs) {
    throw BaseOnly.pretraining();
  }

  @Override
  public void pretrain(MultiDataSetIterator data, int epochs) {
    throw BaseOnly.pretraining();
  }

  @Override
  public void pretrainLayer(String layer, DataSetIterator data) {
    throw BaseOnly.pretraining();
  }

  @Override
  public void pretrainLayer(String layer, MultiDataSetIterator data) {
    throw BaseOnly.pretraining();
  }

  @Override
  public ComputationGraph convertDataType(DataType type) {
    throw BaseOnly.converting("convertDataType");
  }

  @Override
  public long layerSize(String layer) {
    return super.layerSize(layer) + LayerWidth.out(getLayer(layer));
  }

  @Override
  public long layerInputSize(String layer) {
    return super.layerInputSize(layer) + LayerWidth.in(getLayer(layer));
  }

  /**
   * A copy with values, counters and optimizer state of its own over the same frozen weights. What
   * is disabled here acts there. Public in a public class: an in-memory model saver calls it by
   * reflection.
   */
  @Override
  public ComputationGraph clone() {
    ComputationGraphConfiguration copy = configuration.clone();
    PeftGraph clone = new PeftGraph(copy, traffic.ofClone(CloneContext.replace(copy)));
    clone.init(Relayable.copy(flattenedParams), false);
    ComputationGraphUpdater updater = solver == null ? null : getUpdater(true);
    if (updater != null && updater.getStateViewArray() != null) {
      Objects.requireNonNull(clone.getUpdater(true))
          .setStateViewArray(updater.getStateViewArray().dup());
    }
    clone.setListeners(getListeners());
    return clone;
  }
}
