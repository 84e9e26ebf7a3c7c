package org.peft4j.internal.wrapped;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.peft4j.internal.adapted.LearningRate;

/** A graph of adapted layers whose parameter vector can be laid out again when adapters change. */
public final class PeftGraph extends ComputationGraph implements Relayable<GraphVertex> {
  private static final long serialVersionUID = 1L;

  private final transient TrainingGuard training = new TrainingGuard();

  PeftGraph(ComputationGraphConfiguration configuration) {
    super(configuration);
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
    training.step(
        super::computeGradientAndScore,
        this::score,
        this::getIterationCount,
        this::clearLayerMaskArrays);
  }

  /** Public in a public class: an in-memory model saver calls it by reflection. */
  @Override
  public ComputationGraph clone() {
    return super.clone();
  }
}
