package org.peft4j.transformers.layer;

import java.util.List;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.peft4j.module.LayerGrafts;
import org.peft4j.site.Site;

/**
 * An output layer that only gives a loss: what Deeplearning4j asks of classifiers besides, it
 * refuses.
 */
abstract class LossLayer extends FrozenLayer implements IOutputLayer {
  private static final long serialVersionUID = 1L;

  LossLayer(
      NeuralNetConfiguration configuration,
      FrozenModel model,
      List<Site> sites,
      LayerGrafts grafts) {
    super(configuration, model, sites, grafts);
  }

  /** The mask here is the labels', set by {@link #setMaskArray}; the features' ends here. */
  @Override
  public final Pair<INDArray, MaskState> feedForwardMaskArray(
      @Nullable INDArray mask, @Nullable MaskState state, int batch) {
    return new Pair<>(mask, state);
  }

  @Override
  public final boolean needsLabels() {
    return true;
  }

  @Override
  public final int numLabels() {
    return model().config().vocabularySize();
  }

  @Override
  public final double f1Score(DataSet data) {
    throw noClassifier();
  }

  @Override
  public final double f1Score(INDArray examples, INDArray labels) {
    throw noClassifier();
  }

  @Override
  public final void fit(DataSetIterator iterator) {
    throw noClassifier();
  }

  @Override
  public final int[] predict(INDArray examples) {
    throw noClassifier();
  }

  @Override
  public final List<String> predict(DataSet data) {
    throw noClassifier();
  }

  @Override
  public final void fit(INDArray examples, INDArray labels) {
    throw noClassifier();
  }

  @Override
  public final void fit(DataSet data) {
    throw noClassifier();
  }

  @Override
  public final void fit(INDArray examples, int[] labels) {
    throw noClassifier();
  }

  private static UnsupportedOperationException noClassifier() {
    return new UnsupportedOperationException(
        "A language-model head gives logits and a loss; train and evaluate the graph instead.");
  }
}
