package org.peft4j.internal.wrapped;

import java.util.LinkedHashMap;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.peft4j.internal.adapted.LearningRate;

/**
 * A network of adapted layers whose parameter vector can be laid out again when adapters change.
 */
public final class PeftNetwork extends MultiLayerNetwork implements Relayable<Layer> {
  private static final long serialVersionUID = 1L;

  private final transient TrainingGuard training = new TrainingGuard();

  PeftNetwork(MultiLayerConfiguration configuration) {
    super(configuration);
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
    training.step(
        super::computeGradientAndScore,
        this::score,
        this::getIterationCount,
        this::clearLayerMaskArrays);
  }

  /** Public in a public class: an in-memory model saver calls it by reflection. */
  @Override
  public MultiLayerNetwork clone() {
    return super.clone();
  }
}
