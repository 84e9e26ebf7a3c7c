package org.peft4j.internal.module;

import java.util.List;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * An output layer with an output and a loss only: it refuses what else Deeplearning4j asks of
 * classifiers.
 */
public interface LossOnlyLayer extends IOutputLayer {
  @Override
  default boolean needsLabels() {
    return true;
  }

  @Override
  default double f1Score(DataSet data) {
    throw noClassifier();
  }

  @Override
  default double f1Score(INDArray examples, INDArray labels) {
    throw noClassifier();
  }

  @Override
  default void fit(DataSetIterator iterator) {
    throw noClassifier();
  }

  @Override
  default int[] predict(INDArray examples) {
    throw noClassifier();
  }

  @Override
  default List<String> predict(DataSet data) {
    throw noClassifier();
  }

  @Override
  default void fit(INDArray examples, INDArray labels) {
    throw noClassifier();
  }

  @Override
  default void fit(DataSet data) {
    throw noClassifier();
  }

  @Override
  default void fit(INDArray examples, int[] labels) {
    throw noClassifier();
  }

  private static UnsupportedOperationException noClassifier() {
    return new UnsupportedOperationException(
        "This head has only an output and a loss; train and evaluate the graph instead.");
  }
}
