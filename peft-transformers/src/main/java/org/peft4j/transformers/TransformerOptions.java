package org.peft4j.transformers;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.peft4j.PeftException;

/**
 * How a checkpoint is loaded.
 *
 * @param dataType FLOAT or DOUBLE: what weights are held in and everything is computed in
 * @param updater the updater of adapters that are trained on the model
 * @param regularization regularisation of the adapters, weight decay say
 * @param seed the seed of the graph
 */
public record TransformerOptions(
    DataType dataType, IUpdater updater, List<Regularization> regularization, long seed) {
  private static final double LEARNING_RATE = 1e-4;

  public TransformerOptions {
    if (dataType != DataType.FLOAT && dataType != DataType.DOUBLE) {
      throw new PeftException("dataType is " + dataType + "; allowed: FLOAT, DOUBLE.");
    }
    regularization = List.copyOf(regularization);
  }

  /** FLOAT, Adam with a learning rate of 1e-4, no regularisation, seed 0. */
  public static TransformerOptions defaults() {
    return new TransformerOptions(DataType.FLOAT, new Adam(LEARNING_RATE), List.of(), 0);
  }

  public TransformerOptions withDataType(DataType value) {
    return new TransformerOptions(value, updater, regularization, seed);
  }

  public TransformerOptions withUpdater(IUpdater value) {
    return new TransformerOptions(dataType, value, regularization, seed);
  }

  public TransformerOptions withRegularization(List<Regularization> value) {
    return new TransformerOptions(dataType, updater, value, seed);
  }

  public TransformerOptions withSeed(long value) {
    return new TransformerOptions(dataType, updater, regularization, value);
  }
}
