package org.peft4j.train.optimizer;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.method.TensorPlace;

/** Makes the optimizer of a run. {@link StandardOptimizer} has those of this library. */
@FunctionalInterface
public interface OptimizerFactory {
  /**
   * Makes an optimizer, which the run closes.
   *
   * @param parameters the vector of all parameters, [1, n]
   * @param places where the tensors lie in it
   */
  Optimizer create(INDArray parameters, List<TensorPlace> places);
}
